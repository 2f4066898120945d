"""The built-in engine reads requests as people put them, judged by the rows its first candidate gives."""

import sqlite3

import pytest

from services.kit.catalog import Column, ColumnType, ForeignKey, Table
from services.modelhub.adapters.built_in.engine import BuiltInEngine
from services.modelhub.core.model import Candidate, Context, DraftRequest, ValueMatch

LIBRARY = """
create table branches (branch_id integer primary key, name text, town text, opened_on date, closed_on date);
create table members (member_id integer primary key, name text, town text, email text, sponsor_id integer
                      references members(member_id), student boolean, list_number integer);
create table books (book_id integer primary key, title text, genre text, wt_g integer, list_price real,
                    print_cost real, withdrawn_on date, branch_id integer references branches(branch_id));
create table loans (loan_id integer primary key, book_id integer references books(book_id),
                    member_id integer references members(member_id), lent_on date, fee real, amount real);
insert into branches values (1,'North','Bath','2001-01-01',null),(2,'South','York','1990-05-05','2015-01-01'),
  (3,'Quay','York','2010-02-02',null);
insert into members values (1,'Ann','Bath','a@x.org',null,1,7),(2,'Ben','York',null,1,0,8),
  (3,'Cas','York','c@x.org',1,1,9);
insert into books values (1,'Tea at Sea','Novel',300,12,4,null,1),(2,'Sea Birds','Nature',900,30,9,'2020-01-01',1),
  (3,'Green Tea','Cookery',450,18,20,null,2),(4,'Night','Novel',150,8,2,null,3);
insert into loans values (1,1,1,'2022-01-01',1,10),(2,1,2,'2022-02-01',2,20),(3,2,1,'2022-03-01',3,5),
  (4,3,1,'2022-04-01',1,1),(5,1,null,'2022-05-01',9,2);
"""
TYPES = {
    "integer": ColumnType.INTEGER,
    "real": ColumnType.NUMBER,
    "text": ColumnType.TEXT,
    "date": ColumnType.DATE,
    "boolean": ColumnType.BOOLEAN,
}


def library() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.executescript(LIBRARY)
    return database


def drafts(question: str, dialect: str = "sqlite") -> tuple[Candidate, ...]:
    """The candidates for a question to the library, with the values of its text columns as an index finds them."""
    database = library()
    tables, keys, matches = [], [], []
    for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = []
        for _, column, native, not_null, _, key in database.execute(f"pragma table_info({name})").fetchall():
            values = [row[0] for row in database.execute(f"select distinct {column} from {name}") if row[0] is not None]
            samples = tuple(str(value) for value in values)
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
    context = Context(dialect, tuple(tables), tuple(keys), tuple(matches))
    return BuiltInEngine().draft(DraftRequest(question, context)).candidates


def best(question: str, dialect: str = "sqlite") -> Candidate:
    return drafts(question, dialect)[0]


ANSWERED = [
    ("List the titles of all books.", "select title from books"),
    ("Could you list the names of the members?", "select name from members"),
    ("List prices of all books.", "select list_price from books"),
    ("Show the list_price of every book.", "select list_price from books"),
    ("Which two members have the most loans?", "select 'Ann' union select 'Ben'"),
    ("Which 2 books have the highest list price?", "select title from books order by list_price desc limit 2"),
    (
        "Which book has been lent in the largest total amount?",
        "select title from books join loans using (book_id) group by book_id order by sum(amount) desc limit 1",
    ),
    ("How many members are students?", "select count(*) from members where student"),
    ("Which members are not students?", "select name from members where not student"),
    ("Show student members.", "select name from members where student"),
    (
        "Which branches have been closed, and when?",
        "select name, closed_on from branches where closed_on is not null",
    ),
    ("How many books have not been withdrawn?", "select count(*) from books where withdrawn_on is null"),
    ("List the open branches.", "select name from branches where closed_on is null"),
    ("Which members have no email?", "select name from members where email is null"),
    ("List members without a sponsor.", "select name from members where sponsor_id is null"),
    ("How many loans are without a member?", "select count(*) from loans where member_id is null"),
    ("Which members have never borrowed a loan?", "select name from members where name = 'Cas'"),
    ("Find the titles of books with 'Sea' in their title.", "select title from books where title like '%Sea%'"),
    ("Which books have a title that starts with 'Green'?", "select title from books where title like 'Green%'"),
    ("Which books have a title that ends with 'Tea'?", "select title from books where title like '%Tea'"),
    ("What is the total amount of all loans?", "select sum(amount) from loans"),
    ("What are the lowest, average and highest fees of loans?", "select min(fee), avg(fee), max(fee) from loans"),
    ("What is the title of the heaviest book?", "select title from books order by wt_g desc limit 1"),
    ("Which books cost more than 15 euros?", "select title from books where list_price > 15"),
    (
        "List branch names from the oldest to the newest by opening date.",
        "select name from branches order by opened_on",
    ),
    ("Which loans have a fee of more than twice the average fee?", "select * from loans where fee > 6"),
    ("How many loans were made in 2021?", "select 0"),
    ("What is the fee of the newest loan?", "select fee from loans order by lent_on desc limit 1"),
    (
        "Who are the top 2 members by total amount?",
        "select name from members join loans using (member_id) group by member_id order by sum(amount) desc limit 2",
    ),
    (
        "How many members have more than 2 loans?",
        "select count(*) from (select member_id from loans where member_id is not null group by 1 having count(*) > 2)",
    ),
    (
        "Sort the genres of books in descending order of their list price.",
        "select genre from books order by list_price desc",
    ),
    (
        "Which books have a weight above 800 and a list price above 20 or a print cost below 3?",
        "select title from books where (wt_g > 800 and list_price > 20) or print_cost < 3",
    ),
]


@pytest.mark.parametrize(("question", "gold"), ANSWERED, ids=[question for question, _ in ANSWERED])
def test_the_first_candidate_gives_the_rows_asked_for(question: str, gold: str) -> None:
    database = library()
    sql = best(question).sql
    expected, found = database.execute(gold).fetchall(), database.execute(sql).fetchall()
    in_order = "order by" in gold
    assert (found == expected) if in_order else (sorted(found, key=str) == sorted(expected, key=str)), sql


def test_a_boolean_is_compared_as_the_dialect_writes_it() -> None:
    assert "student = TRUE" in best("How many members are students?", "postgres").sql


def test_words_are_never_summed() -> None:
    candidates = drafts("What is the total genre of books?")
    assert not any(
        f"{function}({word}" in each.sql
        for each in candidates
        for function in ("SUM", "AVG")
        for word in ("genre", "title", "town", "name")
    )
    assert all(each.confidence < 0.5 for each in candidates)


def test_rows_are_never_sorted_by_all_of_their_columns() -> None:
    assert "ORDER BY *" not in best("Show all details of loans in descending order.").sql


@pytest.mark.parametrize(
    ("whole", "lost"),
    [
        ("Show the titles of books.", "Show the titles of books that are not quixotic."),
        ("Show the titles of books.", "Show the titles of the fastest books."),
        ("Show the titles of books.", "Show the titles of books beyond 77 leagues."),
    ],
)
def test_a_condition_that_left_no_trace_lowers_the_confidence(whole: str, lost: str) -> None:
    assert best(lost).confidence < best(whole).confidence - 0.1
