"""The rows of the sample's tables, with the columns of `schema.sql` in their order."""

from datetime import date
from typing import NamedTuple


class Store(NamedTuple):
    """A row of stores."""

    store_id: int
    name: str
    city: str
    country: str
    region_id: int
    floor_sqm: int
    is_flagship: bool
    opened_on: date
    closed_on: date | None

    def is_open(self, day: date) -> bool:
        """Whether customers can buy there on that day."""
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)


class Employee(NamedTuple):
    """A row of employees."""

    employee_id: int
    first_name: str
    last_name: str
    job_title: str
    store_id: int | None
    manager_id: int | None
    salary: int
    hired_on: date
    left_on: date | None

    def works(self, day: date) -> bool:
        """Whether the person is employed on that day."""
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)


class Customer(NamedTuple):
    """A row of customers."""

    customer_id: int
    first_name: str
    last_name: str
    email: str
    phone: str | None
    city: str
    country: str
    segment: str
    newsletter: bool
    joined_on: date


class Product(NamedTuple):
    """A row of products; prices are exact decimals as text."""

    product_id: int
    sku: str
    name: str
    category_id: int
    supplier_id: int
    list_price: str
    unit_cost: str
    wt_g: int
    launched_on: date
    discontinued_on: date | None

    @property
    def cents(self) -> int:
        """The list price in cents."""
        return int(self.list_price.replace(".", ""))

    def is_sold(self, day: date) -> bool:
        """Whether the product can be bought on that day."""
        return self.launched_on <= day and (self.discontinued_on is None or day < self.discontinued_on)


class Order(NamedTuple):
    """A row of orders."""

    order_id: int
    customer_id: int
    store_id: int | None
    employee_id: int | None
    channel: str
    status: str
    ordered_on: date
    shipped_on: date | None


class OrderItem(NamedTuple):
    """A row of order_items; the price is an exact decimal as text."""

    order_id: int
    line_no: int
    product_id: int
    qty: int
    unit_price: str
    disc_pct: int
