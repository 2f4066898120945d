"""The company of the sample: its stores, people, products and stock, as rows."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.cli.sample import names
from services.cli.sample.chance import Chance
from services.cli.sample.tables import Customer, Employee, Product, Store

FIRST_DAY = date(2021, 1, 1)
LAST_DAY = date(2025, 6, 30)
CUSTOMERS = 3_200

_HEAD_OFFICE = (("Accountant", 4), ("Buyer", 4), ("Data Analyst", 3), ("Roaster", 7))
_STAY = frozenset({"Managing Director", "Regional Manager", "Store Manager"})


def money(cents: int) -> str:
    """Euros as an exact decimal, which every database reads as a number."""
    return f"{cents // 100}.{cents % 100:02d}"


def stores() -> list[Store]:
    """All stores, closed ones included."""
    return [
        Store(number, *store[:6], date.fromisoformat(store[6]), date.fromisoformat(store[7]) if store[7] else None)
        for number, store in enumerate(names.STORES, 1)
    ]


def employees(chance: Chance, open_and_closed: list[Store]) -> list[Employee]:
    """The managing director, the head office, a manager for each region, and everyone in the stores."""
    hired: list[Employee] = []

    def hire(title: str, store: Store | None, manager: int | None, first: date, last: date) -> int:
        low, high = names.SALARIES[title]
        until = store.closed_on if store and store.closed_on else LAST_DAY
        day = chance.day(first, last)
        leaves = chance.day(min(day + timedelta(120), until), until)
        stays = title in _STAY or chance.happens(0.82)
        hired.append(
            Employee(
                employee_id=len(hired) + 1,
                first_name=chance.pick(names.FIRST_NAMES),
                last_name=chance.pick(names.LAST_NAMES),
                job_title=title,
                store_id=store.store_id if store else None,
                manager_id=manager,
                salary=low + chance.below((high - low) // 50 + 1) * 50,
                hired_on=day,
                left_on=(store.closed_on if store else None) if stays else leaves,
            )
        )
        return len(hired)

    director = hire("Managing Director", None, None, date(2013, 9, 2), date(2013, 9, 2))
    for title, places in _HEAD_OFFICE:
        for _ in range(places):
            hire(title, None, director, date(2014, 1, 7), date(2024, 11, 30))
    regional = {
        region: hire("Regional Manager", None, director, date(2013, 9, 16), date(2013, 11, 29))
        for region in range(1, len(names.REGIONS) + 1)
    }
    for store in open_and_closed:
        before = store.opened_on - timedelta(90)
        manager = hire("Store Manager", store, regional[store.region_id], before, before + timedelta(70))
        last = max(store.opened_on, (store.closed_on or LAST_DAY) - timedelta(200))
        for place in range(4 + store.floor_sqm // 22):
            title = "Shift Leader" if place < 2 else chance.pick(("Barista", "Barista", "Sales Assistant"))
            hire(title, store, manager, store.opened_on, last)
    return hired


def customers(chance: Chance) -> list[Customer]:
    """Everyone who bought or signed up, in no order of time."""
    return [_customer(chance, number) for number in range(1, CUSTOMERS + 1)]


def _customer(chance: Chance, number: int) -> Customer:
    first, last = chance.pick(names.FIRST_NAMES), chance.pick(names.LAST_NAMES)
    country = chance.pick(tuple(names.CITIES), skew=1.6)
    phone = f"+{30 + chance.below(19)} {100_000_000 + chance.below(900_000_000)}"
    return Customer(
        customer_id=number,
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@example.com".lower(),
        phone=phone if chance.happens(0.6) else None,
        city=chance.pick(names.CITIES[country], skew=1.4),
        country=country,
        segment=chance.one_of((0.84, "Retail"), (0.12, "Business"), (0.04, "Wholesale")),
        newsletter=chance.happens(0.37),
        joined_on=chance.day(FIRST_DAY, LAST_DAY - timedelta(30)),
    )


def suppliers(chance: Chance) -> list[tuple[object, ...]]:
    """Rows of suppliers."""
    return [
        (number, name, country, 3 + chance.below(40), chance.happens(0.6))
        for number, (name, country) in enumerate(names.SUPPLIERS, 1)
    ]


def categories() -> list[tuple[int, str, int | None]]:
    """Rows of categories: the wide ones first, then the narrow ones that refer to them."""
    wide = [(number, name, None) for number, name in enumerate(names.CATEGORIES, 1)]
    narrow = [(parent, name) for parent, below in enumerate(names.CATEGORIES.values(), 1) for name in below]
    return [*wide, *((number, name, parent) for number, (parent, name) in enumerate(narrow, len(wide) + 1))]


def products(chance: Chance) -> list[Product]:
    """Every product, in two sizes each, of which the second is dearer."""
    made: list[Product] = []
    category = len(names.CATEGORIES)
    for top, below in names.CATEGORIES.items():
        for name, (makers, prices, weights, named) in below.items():
            category += 1
            for word in named.split():
                for larger, size in enumerate(names.PRODUCT_SIZES[top]):
                    span = (prices[1] - prices[0]) * 100 // (3 - larger)
                    cents = prices[0] * 100 + chance.below(span) // 10 * 10 + 90
                    launched = chance.day(date(2016, 1, 1), date(2024, 6, 30))
                    gone = chance.day(max(launched, date(2022, 6, 1)), LAST_DAY)
                    number = len(made) + 1
                    made.append(
                        Product(
                            product_id=number,
                            sku=f"{top[:2].upper()}-{1000 + number * 7}",
                            name=f"{word} {name.removesuffix('s')} {size}",
                            category_id=category,
                            supplier_id=chance.pick(makers),
                            list_price=money(cents),
                            unit_cost=money(int(cents * (0.38 + 0.27 * chance.share()))),
                            wt_g=weights[0] + chance.below(weights[1] - weights[0]) // 10 * 10,
                            launched_on=launched,
                            discontinued_on=gone if chance.happens(0.09) else None,
                        )
                    )
    return made


def product_tags(chance: Chance, made: list[Product]) -> Iterator[tuple[int, int]]:
    """Rows of product_tags: up to four tags a product."""
    for product in made:
        wanted = {1 + chance.below(len(names.TAGS)) for _ in range(chance.below(5))}
        yield from ((product.product_id, tag) for tag in sorted(wanted))


def stock(chance: Chance, open_and_closed: list[Store], made: list[Product]) -> Iterator[tuple[object, ...]]:
    """Rows of stock_lvls: what the open stores hold of the products that are still sold."""
    for store in open_and_closed:
        for product in made:
            if store.is_open(LAST_DAY) and product.is_sold(LAST_DAY) and chance.happens(0.62):
                quantity = 0 if chance.happens(0.06) else 1 + chance.below(90)
                counted = chance.day(date(2025, 1, 2), LAST_DAY) if chance.happens(0.875) else None
                yield (store.store_id, product.product_id, quantity, 5 + chance.below(4) * 5, counted)
