"""What the sample's company sells: orders, their items, payments, returns and reviews, as rows."""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from services.cli.sample import names
from services.cli.sample.chance import Chance
from services.cli.sample.company import FIRST_DAY, LAST_DAY, money
from services.cli.sample.tables import Customer, Employee, Order, OrderItem, Product, Store

ORDERS = 9_400
REVIEWS = 2_600

# Segment -> about how many pieces of a cheap product are bought at once. Dear ones are bought one by one.
_PIECES = {"Retail": 2, "Business": 8, "Wholesale": 30}
_DEAR_CENTS = 6_000


@dataclass(slots=True)
class Sales:
    """The tables of selling, filled by `sell`, day by day."""

    chance: Chance
    stores: list[Store]
    employees: list[Employee]
    customers: list[Customer]
    products: list[Product]
    orders: list[Order] = field(default_factory=list)
    items: list[OrderItem] = field(default_factory=list)
    payments: list[tuple[object, ...]] = field(default_factory=list)
    returns: list[tuple[object, ...]] = field(default_factory=list)
    _popularity: dict[int, float] = field(default_factory=dict)
    _staff: dict[int | None, list[Employee]] = field(default_factory=dict)

    def sell(self) -> None:
        """Fill the tables: more orders every year and before Christmas, more from those who have been with us long."""
        self._popularity = {
            product.product_id: 0.03 + self.chance.share() ** 3 * 4000 / (product.cents + 1500)
            for product in self.products
        }
        for employee in self.employees:
            self._staff.setdefault(employee.store_id, []).append(employee)
        loyal = sorted(self.customers, key=lambda customer: (customer.joined_on, customer.customer_id))
        joined = [customer.joined_on for customer in loyal]
        for day in sorted(max(self._order_day(), joined[0]) for _ in range(ORDERS)):
            self._order(self.chance.pick(loyal[: bisect(joined, day)], skew=1.7), day)

    def reviews(self) -> list[tuple[object, ...]]:
        """Rows of reviews: of bought products, by those who bought them, some days later."""
        found: list[tuple[object, ...]] = []
        for number in range(1, REVIEWS + 1):
            item = self.chance.pick(self.items)
            order = self.orders[item.order_id - 1]
            rating = self.chance.one_of((0.41, 5), (0.31, 4), (0.14, 3), (0.08, 2), (0.06, 1))
            headline = self.chance.pick(names.PRAISE if rating > 3 else names.COMPLAINTS)
            day = min(order.ordered_on + timedelta(5 + self.chance.below(60)), LAST_DAY)
            written = headline if self.chance.happens(0.7) else None
            found.append((number, item.product_id, order.customer_id, rating, written, day))
        return found

    def _order_day(self) -> date:
        day = self.chance.day(FIRST_DAY, LAST_DAY, skew=0.72)
        if day.month in {2, 3, 7} and day.year < LAST_DAY.year and self.chance.happens(0.35):
            return date(day.year, 11 + self.chance.below(2), 1 + self.chance.below(28))
        return day

    def _order(self, customer: Customer, day: date) -> None:
        channel = self.chance.one_of((0.46, "Store"), (0.45, "Web"), (0.09, "Phone"))
        store = self.chance.pick([store for store in self.stores if store.is_open(day)]) if channel == "Store" else None
        seller = self.chance.pick([each for each in self._staff[store.store_id] if each.works(day)]) if store else None
        status = self._status(channel, day)
        sent = status not in {"Pending", "Cancelled"}
        order = Order(
            order_id=len(self.orders) + 1,
            customer_id=customer.customer_id,
            store_id=store.store_id if store else None,
            employee_id=seller.employee_id if seller else None,
            channel=channel,
            status=status,
            ordered_on=day,
            shipped_on=min(day + timedelta(0 if store else 1 + self.chance.below(9)), LAST_DAY) if sent else None,
        )
        self.orders.append(order)
        lines = enumerate(self._basket(day), 1)
        total = sum(self._item(order, line, product, customer.segment) for line, product in lines)
        if sent or (status == "Pending" and self.chance.happens(0.3)):
            self._pay(order.order_id, total, day, is_in_store=store is not None)

    def _status(self, channel: str, day: date) -> str:
        if channel == "Store":
            return self.chance.one_of((0.985, "Delivered"), (0.015, "Refunded"))
        if (LAST_DAY - day).days < 12:
            return self.chance.one_of((0.6, "Pending"), (0.4, "Shipped"))
        return self.chance.one_of((0.9, "Delivered"), (0.03, "Shipped"), (0.045, "Cancelled"), (0.025, "Refunded"))

    def _basket(self, day: date) -> list[Product]:
        sold = [product for product in self.products if product.is_sold(day)]
        reach = list(accumulate(self._popularity[product.product_id] for product in sold))
        size = self.chance.one_of((0.27, 1), (0.33, 2), (0.22, 3), (0.12, 4), (0.06, 6))
        chosen = [sold[bisect(reach, self.chance.share() * reach[-1])] for _ in range(size)]
        return list(dict.fromkeys(chosen))

    def _item(self, order: Order, line: int, product: Product, segment: str) -> int:
        """One line of an order, perhaps returned later; gives what it costs, in cents."""
        pieces = _PIECES[segment] if product.cents < _DEAR_CENTS else 2
        quantity = 1 + int(pieces * self.chance.share() ** 2)
        discount = self.chance.one_of((0.72, 0), (0.12, 5), (0.1, 10), (0.04, 15), (0.02, 25))
        then = product.cents * (100 - 3 * (LAST_DAY.year - order.ordered_on.year)) // 100
        self.items.append(OrderItem(order.order_id, line, product.product_id, quantity, money(then), discount))
        if order.shipped_on and self.chance.happens(0.6 if order.status == "Refunded" else 0.02):
            reason = self.chance.pick(names.RETURN_REASONS) if self.chance.happens(0.83) else None
            back = min(order.shipped_on + timedelta(2 + self.chance.below(26)), LAST_DAY)
            row = (len(self.returns) + 1, order.order_id, line, 1 + self.chance.below(quantity), reason, back)
            self.returns.append(row)
        return then * quantity * (100 - discount) // 100

    def _pay(self, order: int, cents: int, day: date, *, is_in_store: bool) -> None:
        """One payment, or two of half each, a month apart, for large amounts."""
        method = (
            self.chance.one_of((0.66, "Card"), (0.27, "Cash"), (0.07, "Gift Card"))
            if is_in_store
            else self.chance.one_of((0.55, "Card"), (0.29, "PayPal"), (0.16, "Bank Transfer"))
        )
        first = day if is_in_store else min(day + timedelta(self.chance.below(6)), LAST_DAY)
        second = first + timedelta(30)
        in_two = cents > _DEAR_CENTS * 10 and second <= LAST_DAY and self.chance.happens(0.5)
        parts = [(cents // 2, first), (cents - cents // 2, second)] if in_two else [(cents, first)]
        for part, paid in parts:
            self.payments.append((len(self.payments) + 1, order, method, money(part), paid))
