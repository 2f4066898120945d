"""All rows of the sample database: the same ones in every build, on every machine."""

from collections.abc import Sequence

from services.cli.sample import company, names
from services.cli.sample.chance import Chance
from services.cli.sample.sales import Sales

SEED = 20_250_630


def rows(seed: int = SEED) -> dict[str, Sequence[tuple[object, ...]]]:
    """Table -> its rows, in an order in which they can be inserted; about 50,000 in all, in about a second."""
    chance = Chance(seed)
    stores = company.stores()
    employees = company.employees(chance, stores)
    customers = company.customers(chance)
    products = company.products(chance)
    sales = Sales(chance, stores, employees, customers, products)
    sales.sell()
    return {
        "regions": list(enumerate(names.REGIONS, 1)),
        "stores": stores,
        "employees": employees,
        "customers": customers,
        "suppliers": company.suppliers(chance),
        "categories": company.categories(),
        "products": products,
        "tags": list(enumerate(names.TAGS, 1)),
        "product_tags": list(company.product_tags(chance, products)),
        "stock_lvls": list(company.stock(chance, stores, products)),
        "orders": sales.orders,
        "order_items": sales.items,
        "payments": sales.payments,
        "returns": sales.returns,
        "reviews": sales.reviews(),
    }
