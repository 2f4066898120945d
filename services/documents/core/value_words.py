"""Words by which people mean a stored value that is written otherwise, and words that are no values. Data only.

Codes, nationalities, states and short names; and the words of grammar that alone are never taken for a value.
"""

# Columns whose values all belong to one family are codes of it: value -> the words that mean it. A family needs at
# least two of its codes in the column, so that a lone "M" is not taken for "male".
CODE_FAMILIES: tuple[dict[str, str], ...] = (
    {
        "m": "male males man men boy boys gentleman gentlemen",
        "f": "female females woman women girl girls lady ladies",
    },
    {"l": "left lefthanded", "r": "right righthanded", "b": "both switch ambidextrous"},
    {"n": "north northern", "s": "south southern", "e": "east eastern", "w": "west western"},
    {"s": "single unmarried", "m": "married", "d": "divorced", "w": "widowed"},
    {"s": "small", "m": "medium", "l": "large", "xl": "extra large"},
    {"h": "high", "m": "medium", "l": "low"},
    {
        "mon": "monday",
        "tue": "tuesday",
        "wed": "wednesday",
        "thu": "thursday",
        "fri": "friday",
        "sat": "saturday",
        "sun": "sunday",
    },
    {
        "jan": "january",
        "feb": "february",
        "mar": "march",
        "apr": "april",
        "jun": "june",
        "jul": "july",
        "aug": "august",
        "sep": "september",
        "oct": "october",
        "nov": "november",
        "dec": "december",
    },
)

TRUE_VALUES = frozenset({"t", "true", "y", "yes", "1", "on"})
FALSE_VALUES = frozenset({"f", "false", "n", "no", "0", "off"})
NEGATIONS = frozenset({"not", "no", "non", "never", "without", "isn", "aren", "wasn", "weren", "doesn", "don", "didn"})
# Words of a flag's name that say nothing about what it flags.
FLAG_WORDS = frozenset({"is", "has", "was", "are", "flag", "yn", "ind", "indicator", "tf", "bool"})
# Columns of two values that are codes rather than flags, though the codes may look like yes and no.
CODED_NAMES = frozenset({"gender", "sex", "status", "type", "code", "level", "grade", "class", "category", "state"})

# The name a place is stored under -> other words for it. Both sides are folded.
PLACE_WORDS: dict[str, str] = {
    "argentina": "argentinian argentine",
    "australia": "australian",
    "austria": "austrian",
    "belgium": "belgian",
    "brazil": "brazilian",
    "canada": "canadian",
    "chile": "chilean",
    "china": "chinese",
    "colombia": "colombian",
    "croatia": "croatian",
    "cuba": "cuban",
    "czech republic": "czech",
    "denmark": "danish",
    "egypt": "egyptian",
    "england": "english",
    "finland": "finnish",
    "france": "french",
    "germany": "german",
    "greece": "greek",
    "hungary": "hungarian",
    "iceland": "icelandic",
    "india": "indian",
    "indonesia": "indonesian",
    "iran": "iranian",
    "iraq": "iraqi",
    "ireland": "irish",
    "israel": "israeli",
    "italy": "italian",
    "jamaica": "jamaican",
    "japan": "japanese",
    "kenya": "kenyan",
    "malaysia": "malaysian",
    "mexico": "mexican",
    "morocco": "moroccan",
    "netherlands": "dutch holland",
    "new zealand": "kiwi",
    "nigeria": "nigerian",
    "norway": "norwegian",
    "peru": "peruvian",
    "philippines": "filipino philippine",
    "poland": "polish",
    "portugal": "portuguese",
    "romania": "romanian",
    "russia": "russian",
    "scotland": "scottish",
    "serbia": "serbian",
    "slovakia": "slovak",
    "slovenia": "slovenian",
    "south africa": "south african",
    "south korea": "korean korea",
    "spain": "spanish",
    "sweden": "swedish",
    "switzerland": "swiss",
    "thailand": "thai",
    "turkey": "turkish",
    "ukraine": "ukrainian",
    "vietnam": "vietnamese",
    "wales": "welsh",
}

# Names of one thing, of which any may be stored. Entries are separated by commas.
SAME_THINGS: tuple[str, ...] = (
    "usa, us, united states, united states of america, america, american",
    "uk, united kingdom, great britain, britain, british",
    "uae, united arab emirates",
    "eu, european union",
    "al, alabama",
    "ak, alaska",
    "az, arizona",
    "ar, arkansas",
    "ca, california",
    "co, colorado",
    "ct, connecticut",
    "de, delaware",
    "fl, florida",
    "ga, georgia",
    "hi, hawaii",
    "id, idaho",
    "il, illinois",
    "in, indiana",
    "ia, iowa",
    "ks, kansas",
    "ky, kentucky",
    "la, louisiana",
    "me, maine",
    "md, maryland",
    "ma, massachusetts",
    "mi, michigan",
    "mn, minnesota",
    "ms, mississippi",
    "mo, missouri",
    "mt, montana",
    "ne, nebraska",
    "nv, nevada",
    "nh, new hampshire",
    "nj, new jersey",
    "nm, new mexico",
    "ny, new york",
    "nc, north carolina",
    "nd, north dakota",
    "oh, ohio",
    "ok, oklahoma",
    "or, oregon",
    "pa, pennsylvania",
    "ri, rhode island",
    "sc, south carolina",
    "sd, south dakota",
    "tn, tennessee",
    "tx, texas",
    "ut, utah",
    "vt, vermont",
    "va, virginia",
    "wa, washington",
    "wv, west virginia",
    "wi, wisconsin",
    "wy, wyoming",
    "math, mathematics, maths",
    "cs, computer science, comp sci, compsci",
    "hr, human resources",
    "it, information technology",
    "phd, doctorate, doctoral",
    "nyc, new york city",
    "la, los angeles",
    "sf, san francisco",
    "sci fi, scifi, science fiction",
    "tv, television",
)

# One of these alone, in lower case and without quotes, is grammar or asks for something: it is no value.
COMMON_WORDS: frozenset[str] = frozenset(
    """
    a about above across after again against all along also although always am among an and any are as at average away
    back be been before being below between both but by can could did do does doing down during each either else every
    few find first for from get give had has have having he her here him his how i if in into is it its just last least
    less list many maximum me mean minimum more most much my name names never no none nor not number of off on one only
    or order other our out over own per please return same select she should show sort so some such sum tell than that
    the their them then there these they this those through to together too total two under until up us use very was we
    were what when where which while who whom whose why will with within without would you your different distinct
    count ids id type types kind kinds information details common value values exactly following corresponding
    ascending descending alphabetical alphabetically greater larger smaller higher lower lowest highest largest smallest
    """.split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)
