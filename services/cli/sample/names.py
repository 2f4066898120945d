"""The names from which the sample database is made. Data only."""

FIRST_NAMES = """
    Adele Agnes Alba Amir Anders Anika Anton Astrid Beatriz Bruno Camille Carla Casper Chiara Clara Dario David
    Dora Edith Elena Elias Emil Emma Erik Esther Eva Fabio Felix Finn Flora Frida Gaston Greta Hanna Hugo Ida Ines
    Irene Ivan Jakob Jana Joan Jonas Julia Karin Kaspar Klara Lars Laura Lena Leo Lina Louis Lucia Luis Magda
    Marco Maria Marta Matteo Maya Mila Milan Nadia Nico Nina Nora Olga Oscar Otto Pablo Paula Pavel Petra Pia
    Quinn Rafael Rosa Ruben Ruth Sami Sara Selma Silas Simon Sofia Sven Tara Theo Tilda Tomas Ursula Valentin Vera
    Victor Viola Wanda Xenia Yara Yusuf Zoe
""".split()  # noqa: SIM905 - a page of names reads better than a page of quotes

LAST_NAMES = """
    Abel Albrecht Almeida Andersen Arnaud Baker Barros Bauer Becker Berg Bianchi Blanc Bonnet Brandt Brenner
    Carvalho Castro Chevalier Costa Cruz Dahl Dekker Delgado Dubois Duran Eriksen Esposito Evers Falk Ferrari
    Fischer Fontaine Fuentes Gallo Garnier Gomez Graf Greco Gruber Haas Hansen Hartmann Hendriks Herrera Hofer
    Holm Horvat Huber Ivanov Jansen Jensen Kaiser Keller Klein Kovacs Kowalski Kramer Kuhn Lambert Lange Larsen
    Lehmann Leone Lindgren Lopes Lund Maes Marchetti Marin Martens Mendes Meyer Molina Moreau Navarro Neumann
    Nilsson Novak Olsen Ortega Peeters Pereira Petit Pires Ramos Renard Ricci Riedel Rivera Romano Roth Russo
    Santos Schmitt Serrano Silva Sorensen Steiner Teixeira Torres Vargas Vega Vidal Visser Vogel Weber Winter Wolf
    Zimmer
""".split()  # noqa: SIM905 - a page of names reads better than a page of quotes

# Country -> its cities, largest market first.
CITIES: dict[str, tuple[str, ...]] = {
    "Germany": ("Berlin", "Hamburg", "Munich", "Cologne", "Leipzig"),
    "France": ("Paris", "Lyon", "Bordeaux", "Lille"),
    "Netherlands": ("Amsterdam", "Rotterdam", "Utrecht"),
    "Spain": ("Madrid", "Barcelona", "Valencia"),
    "Italy": ("Milan", "Rome", "Turin"),
    "Sweden": ("Stockholm", "Malmo"),
    "Portugal": ("Lisbon", "Porto"),
    "Austria": ("Vienna", "Graz"),
}

REGIONS = ("North", "South", "East", "West", "Central")

# Name, city, country, region (counted from 1), floor in square metres, flagship, opened, closed.
STORES: tuple[tuple[str, str, str, int, int, bool, str, str | None], ...] = (
    ("Alexanderplatz", "Berlin", "Germany", 3, 310, True, "2014-03-15", None),
    ("Kreuzberg", "Berlin", "Germany", 3, 145, False, "2017-09-02", None),
    ("Speicherstadt", "Hamburg", "Germany", 1, 220, False, "2015-06-20", None),
    ("Viktualienmarkt", "Munich", "Germany", 5, 180, False, "2016-04-09", None),
    ("Domplatz", "Cologne", "Germany", 4, 125, False, "2018-10-27", "2023-05-31"),
    ("Le Marais", "Paris", "France", 4, 265, True, "2016-11-12", None),
    ("Belleville", "Paris", "France", 4, 98, False, "2019-05-18", None),
    ("Presqu'ile", "Lyon", "France", 4, 130, False, "2018-03-24", None),
    ("Quai des Chartrons", "Bordeaux", "France", 4, 110, False, "2020-09-05", "2024-08-31"),
    ("Jordaan", "Amsterdam", "Netherlands", 1, 160, False, "2015-10-03", None),
    ("Markthal", "Rotterdam", "Netherlands", 1, 140, False, "2019-08-31", None),
    ("Malasana", "Madrid", "Spain", 2, 150, False, "2017-05-06", None),
    ("El Born", "Barcelona", "Spain", 2, 205, True, "2018-06-16", None),
    ("Ruzafa", "Valencia", "Spain", 2, 90, False, "2021-03-13", None),
    ("Brera", "Milan", "Italy", 2, 175, False, "2017-10-14", None),
    ("Trastevere", "Rome", "Italy", 2, 135, False, "2019-11-09", None),
    ("Sodermalm", "Stockholm", "Sweden", 1, 170, False, "2018-09-22", None),
    ("Mollan", "Malmo", "Sweden", 1, 85, False, "2022-04-02", None),
    ("Chiado", "Lisbon", "Portugal", 2, 155, False, "2019-03-30", None),
    ("Ribeira", "Porto", "Portugal", 2, 95, False, "2021-10-16", "2024-02-29"),
    ("Naschmarkt", "Vienna", "Austria", 5, 190, False, "2016-08-27", None),
    ("Lendplatz", "Graz", "Austria", 5, 105, False, "2022-09-10", None),
)

RETURN_REASONS = ("Damaged", "Wrong Item", "Changed Mind", "Stale", "Arrived Late")
# What reviewers write who give four or five stars, and the others.
PRAISE = ("My new favourite", "Great value", "Smells wonderful", "Will buy again", "Perfect gift", "Worth every cent")
COMPLAINTS = ("Too bitter for me", "Not what I expected", "Arrived stale", "Poor packaging", "Better ones around")

SUPPLIERS: tuple[tuple[str, str], ...] = (
    ("Abyssinia Growers", "Ethiopia"),
    ("Sidama Union", "Ethiopia"),
    ("Huila Farmers", "Colombia"),
    ("Cauca Direct", "Colombia"),
    ("Cerrado Estates", "Brazil"),
    ("Serra Alta", "Brazil"),
    ("Antigua Cooperative", "Guatemala"),
    ("Nyeri Hills", "Kenya"),
    ("Kigali Washing Station", "Rwanda"),
    ("Gayo Highlands", "Indonesia"),
    ("Uji Tea House", "Japan"),
    ("Darjeeling Gardens", "India"),
    ("Nilgiri Leaf", "India"),
    ("Anxi Tea Trading", "China"),
    ("Provence Herbs", "France"),
    ("Torino Macchine", "Italy"),
    ("Officina Brera", "Italy"),
    ("Hamburg Mahlwerk", "Germany"),
    ("Solingen Steel", "Germany"),
    ("Delft Ceramics", "Netherlands"),
    ("Porto Cork Works", "Portugal"),
    ("Malmo Paper", "Sweden"),
    ("Limoges Atelier", "France"),
    ("Kyoto Glass", "Japan"),
)

# Top category -> its categories, each with the suppliers (counted from 1) that make it, the range of prices in euros,
# the range of weights in grams, and the words its products are named with.
CATEGORIES: dict[str, dict[str, tuple[tuple[int, ...], tuple[int, int], tuple[int, int], str]]] = {
    "Coffee": {
        "Espresso Beans": (
            (3, 4, 5, 6, 10),
            (9, 24),
            (250, 1000),
            "Crema Notte Doppio Corsa Rosso Terra Vulcano",
        ),
        "Filter Beans": (
            (1, 2, 7, 8, 9),
            (10, 28),
            (250, 1000),
            "Aurora Meadow Harvest Morning Ridge River Valley",
        ),
        "Decaf": ((3, 5, 7), (11, 22), (250, 500), "Evening Quiet Moon Velvet Lullaby"),
        "Capsules": ((4, 6, 10), (5, 16), (60, 180), "Presto Rapido Veloce Allegro Subito Tempo"),
    },
    "Tea": {
        "Black Tea": ((12, 13, 14), (5, 19), (75, 250), "Empire Breakfast Monsoon Caravan Harbour Regent"),
        "Green Tea": ((11, 14), (7, 34), (50, 200), "Sencha Bamboo Jade Mist Pearl Spring"),
        "Herbal Tea": ((15, 13), (4, 13), (40, 150), "Garden Sunset Lavender Mint Orchard Winter"),
    },
    "Equipment": {
        "Espresso Machines": ((16, 17), (290, 2400), (6000, 24000), "Bella Classica Lever Maestro Piccola Duo"),
        "Grinders": ((17, 18), (45, 690), (900, 6500), "Burr Compact Stone Steel Titan Nano"),
        "Kettles": ((18, 19, 24), (35, 190), (700, 1900), "Gooseneck Travel Thermo Studio Retro"),
        "Brewers": ((19, 20, 24), (15, 120), (200, 1500), "Dripper Press Siphon Pour Moka Cold"),
    },
    "Accessories": {
        "Cups": ((20, 23, 24), (8, 42), (90, 450), "Demitasse Flat Tall Wide Nomad Twin"),
        "Paper Filters": ((22,), (3, 12), (60, 300), "White Brown Cone Disc"),
        "Scales": ((18, 24), (19, 140), (250, 900), "Pocket Brew Timer Precision"),
        "Cleaning": ((15, 21, 22), (4, 26), (100, 900), "Brush Descaler Tablet Cloth"),
    },
}

# What follows the word and the origin in a product's name, so that a name can be told from every other.
PRODUCT_SIZES: dict[str, tuple[str, ...]] = {
    "Coffee": ("250 g", "1 kg"),
    "Tea": ("Tin", "Refill"),
    "Equipment": ("One", "Pro"),
    "Accessories": ("Single", "Set"),
}

TAGS = (
    "Organic",
    "Fair Trade",
    "Single Origin",
    "Bestseller",
    "Gift Idea",
    "Limited Edition",
    "Vegan",
    "Handmade",
    "Dishwasher Safe",
    "Plastic Free",
    "New Arrival",
    "Clearance",
)

# Job title -> yearly salary in euros, from and to.
SALARIES: dict[str, tuple[int, int]] = {
    "Managing Director": (182_000, 182_000),
    "Regional Manager": (84_000, 98_000),
    "Store Manager": (46_000, 61_000),
    "Shift Leader": (34_000, 41_000),
    "Barista": (25_000, 33_000),
    "Sales Assistant": (26_000, 34_000),
    "Accountant": (48_000, 66_000),
    "Buyer": (50_000, 70_000),
    "Data Analyst": (54_000, 74_000),
    "Roaster": (38_000, 52_000),
}
