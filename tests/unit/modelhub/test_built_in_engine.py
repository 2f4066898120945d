"""The built-in engine answers each kind of question it promises, judged by the rows its first candidate gives."""

import sqlite3
from dataclasses import replace

import pytest

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.core.model import Context, Draft, DraftRequest, Rejection, ValueMatch

SHOP = """
create table customers (customer_id integer primary key, name text, city text, country text, signup_date date);
create table categories (category_id integer primary key, title text);
create table products (product_id integer primary key, name text, price real, stock integer,
                       color text, category_id integer references categories(category_id));
create table orders (order_id integer primary key, customer_id integer references customers(customer_id),
                     order_date date, status text, shipping_fee real);
create table order_items (order_id integer references orders(order_id),
                          product_id integer references products(product_id), quantity integer);
insert into customers values (1,'Ada','Paris','France','2019-03-01'),(2,'Bo','Oslo','Norway','2020-05-02'),
  (3,'Cy','Paris','France','2021-07-03'),(4,'Di','Rome','Italy','2022-01-15');
insert into categories values (1,'Garden'),(2,'Kitchen'),(3,'Office');
insert into products values (1,'Rake',12.5,40,'red',1),(2,'Pan',30,5,'black',2),(3,'Pot',45,0,'red',2),
  (4,'Pen',1.5,900,'blue',3);
insert into orders values (1,1,'2021-01-05','shipped',4),(2,1,'2021-06-09','cancelled',0),
  (3,2,'2022-02-11','shipped',9),
  (4,3,'2022-03-12','open',2),(5,1,'2022-04-01','open',3);
insert into order_items values (1,1,2),(1,2,1),(2,3,1),(3,4,100),(4,2,1),(5,4,10);
"""
CLINIC = """
create table doctors (doctor_id integer primary key, first_name text, last_name text, specialty text, salary integer);
create table patients (patient_id integer primary key, full_name text, age integer, gender text, insured text);
create table visits (visit_id integer primary key, doctor_id integer references doctors(doctor_id),
                     patient_id integer references patients(patient_id), visit_date date, fee real);
insert into doctors values (1,'Eve','Stone','Surgery',900),(2,'Flo','Reed','Pediatrics',700),
  (3,'Gus','Hill','Surgery',650);
insert into patients values (1,'Hal Moss',34,'M','Y'),(2,'Ivy Dunn',61,'F','N'),(3,'Jo Park',8,'F','Y');
insert into visits values (1,1,1,'2023-01-02',80),(2,1,2,'2023-02-03',120),(3,2,3,'2023-02-04',50),
  (4,2,3,'2023-05-06',70);
"""
TYPES = {"integer": ColumnType.INTEGER, "real": ColumnType.NUMBER, "text": ColumnType.TEXT, "date": ColumnType.DATE}


def open_database(ddl: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.executescript(ddl)
    return database


def context_of(database: sqlite3.Connection, question: str, dialect: str = "sqlite") -> Context:
    """What a data source's snapshot and value index would say about this little database."""
    tables, keys, matches = [], [], []
    for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = []
        for _, column, native, not_null, _, key in database.execute(f"pragma table_info({name})").fetchall():
            values = [row[0] for row in database.execute(f"select distinct {column} from {name}")]
            samples = tuple(str(value) for value in values[:5])
            columns.append(Column(column, TYPES[native.lower()], native, not not_null, bool(key), samples=samples))
            found = [(value, question.lower().find(value.lower())) for value in values if isinstance(value, str)]
            matches += [
                ValueMatch(name, column, value, question[place : place + len(value)], place, place + len(value))
                for value, place in found
                if place >= 0
            ]
        tables.append(Table("", name, "table", "", tuple(columns)))
        declared = database.execute(f"pragma foreign_key_list({name})").fetchall()
        keys += [ForeignKey(name, (row[3],), row[2], (row[4],)) for row in declared]
    return Context(dialect, tuple(tables), tuple(keys), tuple(matches))


def draft(ddl: str, question: str, dialect: str = "sqlite") -> Draft:
    return BuiltInEngine().draft(DraftRequest(question, context_of(open_database(ddl), question, dialect)))


ANSWERED = [
    (SHOP, "How many customers are there?", "select count(*) from customers"),
    (SHOP, "What are the names of all products?", "select name from products"),
    (SHOP, "List the name and price of each product.", "select name, price from products"),
    (SHOP, "Which customers live in Paris?", "select name from customers where city = 'Paris'"),
    (SHOP, "How many customers are from the city of Paris?", "select count(*) from customers where city = 'Paris'"),
    (SHOP, "Show the names of products with a price above 20.", "select name from products where price > 20"),
    (
        SHOP,
        "What are the products whose stock is between 1 and 50?",
        "select name from products where stock between 1 and 50",
    ),
    (SHOP, "Show names of products that are not red.", "select name from products where color <> 'red'"),
    (SHOP, "List product names ordered by price in descending order.", "select name from products order by price desc"),
    (SHOP, "List the names of customers in alphabetical order.", "select name from customers order by name"),
    (
        SHOP,
        "What are the names of the 2 most expensive products?",
        "select name from products order by price desc limit 2",
    ),
    (SHOP, "What is the name of the cheapest product?", "select name from products order by price limit 1"),
    (SHOP, "What is the average price of products?", "select avg(price) from products"),
    (SHOP, "Find the maximum and minimum price of all products.", "select max(price), min(price) from products"),
    (SHOP, "What is the highest shipping fee of orders?", "select max(shipping_fee) from orders"),
    (SHOP, "What is the total stock of products?", "select sum(stock) from products"),
    (SHOP, "How many different cities do customers live in?", "select count(distinct city) from customers"),
    (SHOP, "List the distinct countries of customers.", "select distinct country from customers"),
    (SHOP, "How many customers are in each city?", "select city, count(*) from customers group by city"),
    (
        SHOP,
        "What is the average price of products for each color?",
        "select color, avg(price) from products group by color",
    ),
    (
        SHOP,
        "Show the names of customers and the number of orders of each customer.",
        "select name, count(*) from customers join orders using (customer_id) group by customer_id",
    ),
    (
        SHOP,
        "Which cities have at least 2 customers?",
        "select city from customers group by city having count(*) >= 2",
    ),
    (
        SHOP,
        "What are the names of customers with more than 2 orders?",
        "select name from customers join orders using (customer_id) group by customer_id having count(*) > 2",
    ),
    (
        SHOP,
        "What is the name of the customer with the most orders?",
        (
            "select name from customers join orders using (customer_id) group by customer_id "
            "order by count(*) desc limit 1"
        ),
    ),
    (
        SHOP,
        "What is the most common color of products?",
        "select color from products group by color order by count(*) desc limit 1",
    ),
    (
        SHOP,
        "What are the names of products in the Kitchen category?",
        "select name from products join categories using (category_id) where title = 'Kitchen'",
    ),
    (
        SHOP,
        "Show the names of customers who never placed an order.",
        "select name from customers where customer_id not in (select customer_id from orders)",
    ),
    (
        SHOP,
        "List the names of customers without any orders.",
        "select name from customers where customer_id not in (select customer_id from orders)",
    ),
    (
        SHOP,
        "What are the names of products with a price higher than the average price?",
        "select name from products where price > (select avg(price) from products)",
    ),
    (
        SHOP,
        "What are the names of products that contain the letter 'P'?",
        "select name from products where name like '%P%'",
    ),
    (
        SHOP,
        "Which customers have both an order with status shipped and an order with status cancelled?",
        (
            "select name from customers join orders using (customer_id) where status = 'shipped' intersect "
            "select name from customers join orders using (customer_id) where status = 'cancelled'"
        ),
    ),
    (
        SHOP,
        "Show the names of customers who ordered the product Pen.",
        (
            "select c.name from customers c join orders using (customer_id) join order_items using (order_id) "
            "join products p using (product_id) where p.name = 'Pen'"
        ),
    ),
    (SHOP, "How many orders were placed in 2022?", "select count(*) from orders where order_date >= '2022-01-01'"),
    (SHOP, "How many orders were placed after 2021?", "select count(*) from orders where order_date > '2021-12-31'"),
    (CLINIC, "What are the names of the doctors?", "select first_name, last_name from doctors"),
    (CLINIC, "How many female patients are there?", "select count(*) from patients where gender = 'F'"),
    (CLINIC, "Who is the oldest patient?", "select full_name from patients order by age desc limit 1"),
    (CLINIC, "Find the full names of patients older than 30.", "select full_name from patients where age > 30"),
    (
        CLINIC,
        "What is the average age of patients who visited a doctor with specialty Surgery?",
        (
            "select avg(age) from patients join visits using (patient_id) join doctors using (doctor_id) "
            "where specialty = 'Surgery'"
        ),
    ),
    (
        CLINIC,
        "What is the total fee of visits for each specialty?",
        "select specialty, sum(fee) from visits join doctors using (doctor_id) group by specialty",
    ),
    (
        CLINIC,
        "Which doctors earn a salary more than 800 or have specialty Pediatrics?",
        "select first_name, last_name from doctors where salary > 800 or specialty = 'Pediatrics'",
    ),
    (
        CLINIC,
        "What is the highest salary for each specialty?",
        "select specialty, max(salary) from doctors group by specialty",
    ),
]


@pytest.mark.parametrize(("ddl", "question", "expected"), ANSWERED, ids=[question for _, question, _ in ANSWERED])
def test_the_first_candidate_gives_the_rows_that_were_asked_for(ddl: str, question: str, expected: str) -> None:
    database = open_database(ddl)
    candidates = draft(ddl, question).candidates
    assert candidates
    wanted = database.execute(expected).fetchall()
    given = database.execute(candidates[0].sql).fetchall()
    if "order by" in expected:
        assert given == wanted, candidates[0].sql
    else:
        assert sorted(given, key=repr) == sorted(wanted, key=repr), candidates[0].sql


def test_a_question_about_nothing_in_the_schema_gets_no_candidates_and_says_which_words_meant_nothing() -> None:
    answer = draft(SHOP, "Why is the sky blueish on Mars?")
    assert answer.candidates == ()
    assert {"sky", "Mars"} <= set(answer.unlinked)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?",
        "'",
        '"',
        "\x00\x01",
        "select * from customers where 1=1; drop table customers",
        "Wie viele?",
        "名前を表示",
        "1 2 3",
    ],
)
def test_odd_questions_get_a_draft_rather_than_an_error(question: str) -> None:
    assert isinstance(draft(SHOP, question), Draft)


def test_ten_thousand_words_are_cut_rather_than_read() -> None:
    answer = draft(SHOP, "How many customers are there? " + "and then some more words " * 2_000)
    assert all(candidate.confidence < 0.5 for candidate in answer.candidates)


def test_the_same_request_gives_the_same_draft() -> None:
    question = "What are the names of products in the Kitchen category ordered by price?"
    assert draft(SHOP, question) == draft(SHOP, question)


def test_words_that_mean_nothing_here_lower_the_confidence() -> None:
    plain = draft(SHOP, "What are the names of products?").candidates[0]
    puzzling = draft(SHOP, "What are the flavorful zesty names of wobbly products?").candidates[0]
    assert puzzling.confidence < plain.confidence / 2


def test_two_columns_that_fit_equally_well_lower_the_confidence_and_are_named() -> None:
    clear = Table("", "people", columns=(Column("id", ColumnType.INTEGER), Column("height", ColumnType.INTEGER)))
    unclear = replace(clear, columns=(*clear.columns, Column("start_date"), Column("end_date")))
    engine = BuiltInEngine()
    sure = engine.draft(DraftRequest("Show the height of people.", Context("sqlite", (clear,)))).candidates[0]
    unsure = engine.draft(DraftRequest("Show the date of people.", Context("sqlite", (unclear,)))).candidates
    assert unsure[0].confidence < sure.confidence
    assert any("could also mean" in note for note in unsure[0].notes)
    assert any("end_date" in candidate.sql for candidate in unsure)
    assert any("start_date" in candidate.sql for candidate in unsure)


def test_a_refused_candidate_is_not_offered_again() -> None:
    question = "How many customers are there?"
    first = draft(SHOP, question).candidates[0]
    context = context_of(open_database(SHOP), question)
    again = BuiltInEngine().draft(DraftRequest(question, context, 5, (Rejection(first.sql.upper() + " ;"),)))
    assert first.sql not in [candidate.sql for candidate in again.candidates]


def test_the_reading_says_in_english_what_the_statement_answers() -> None:
    candidate = draft(SHOP, "How many customers are from the city of Paris?").candidates[0]
    assert candidate.reading == "The number of customers whose city is Paris."


def test_tables_are_qualified_and_reserved_names_quoted_in_the_dialect() -> None:
    table = Table(
        "sales",
        "order",
        columns=(
            Column("Unit Price", ColumnType.NUMBER),
            Column("group", ColumnType.TEXT),
            Column("Id", ColumnType.INTEGER),
        ),
    )
    context = Context("postgres", (table,))
    candidates = (
        BuiltInEngine().draft(DraftRequest("What is the average unit price for each group?", context)).candidates
    )
    assert candidates[0].sql == 'SELECT "group", AVG("Unit Price") FROM sales."order" GROUP BY "group"'


def test_grouping_by_a_key_names_every_shown_column_where_the_dialect_wants_it() -> None:
    question = "What is the name of the customer with the most orders?"
    assert "GROUP BY customers.customer_id, customers.name" in draft(SHOP, question, "duckdb").candidates[0].sql
    assert "GROUP BY customers.customer_id ORDER" in draft(SHOP, question, "sqlite").candidates[0].sql


def test_a_negation_that_found_no_place_lowers_the_confidence() -> None:
    plain = draft(SHOP, "Show the names of products.").candidates[0]
    lost = draft(SHOP, "Show the names of products not.").candidates[0]
    assert lost.confidence < plain.confidence / 2
