"""Needles: what is planted and what is asked, in words that the two do not share.

A question that repeats a needle's words is answered by a search for them; these take a step of meaning
(NoLiMa, arXiv 2502.05167): the ledger is accounting, Oslo is in Norway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Value = Literal["person", "town", "codename", "count", "extension"]


@dataclass(frozen=True, slots=True)
class Needle:
    """One thing to be known, and how it is asked for.

    Attributes:
        texts: sentences to plant, each in a file of its own. `{value}` is what is asked for; `{middle}` the
            name by which the second sentence of a two-hop needle goes on from the first.
        question: what is asked.
        value: what sort of thing the value is.
    """

    texts: tuple[str, ...]
    question: str
    value: Value


SINGLE = (
    Needle(
        ("Hang up on the courier's depot for good once it has left us on hold {value} times.",),
        "How many failed calls in a row does it take until the client gives up on the parcel delivery"
        " service?",
        "count",
    ),
    Needle(
        ("If the ledger box goes dark at three in the morning, wake {value}; nobody else can get in.",),
        "Who is the on-call contact for a night-time outage of the accounting server?",
        "person",
    ),
    Needle(
        ("Ask {value} before flipping the switch that lets shoppers spread what they owe over months.",),
        "Who owns the feature flag for payment by instalments?",
        "person",
    ),
    Needle(
        ("Thumbnails of cats get swept out after {value} mornings.",),
        "What is the retention period, in days, of small previews of pet pictures?",
        "count",
    ),
    Needle(
        ("Bread for the Helsinki office is paid out of pot {value}.",),
        "Which budget number covers food for the staff in Finland?",
        "extension",
    ),
    Needle(
        ("{value} keeps the key to the cupboard where the release stamp lies; there is no other.",),
        "Who alone is able to sign a published version?",
        "person",
    ),
    Needle(
        ("No more than {value} people fit around the kettle; latecomers are turned away at the door.",),
        "How many simultaneous users does the tea service accept until it refuses others?",
        "count",
    ),
    Needle(
        ("The lighthouse keeps quiet for {value} seconds when two ships shout at once.",),
        "How long does the beacon back off after a collision? Give the figure as it is written.",
        "count",
    ),
    Needle(
        ("Mail for the Lisbon branch lands on the desk of {value} first.",),
        "Who receives letters addressed to the Portuguese subsidiary?",
        "person",
    ),
    Needle(
        ("The greenhouse thermometer is believed up to {value}; past that, somebody has breathed on it.",),
        "Above which reading is the temperature sensor among the plants regarded as faulty?",
        "count",
    ),
)

SEVERAL = (
    Needle(
        (
            "A spare of the client vault sits in {value}.",
            "{value} keeps a twin of the client vault, under the old mill.",
            "Should the vault with the clients burn, there is another one down in {value}.",
            "Tapes of the client vault also travel to {value} each week.",
        ),
        "Which towns hold a backup of the customer archive? Name all of them.",
        "town",
    ),
    Needle(
        (
            "{value} may wave a big invoice through.",
            "For a large invoice, a nod from {value} is enough.",
            "When the usual people are on leave, {value} can say yes to a fat invoice, too.",
        ),
        "Who is allowed to approve high bills? Name everybody.",
        "person",
    ),
    Needle(
        (
            "The nightly broom must not touch the folder {value}.",
            "Leave {value} alone when sweeping; people still look for things in there.",
            "Whatever lies in {value} stays there, dusty or not.",
        ),
        "Which directories are exempt from automatic cleaning? Name all of them.",
        "codename",
    ),
    Needle(
        (
            "{value} is let in without a badge.",
            "No badge is needed by {value}.",
            "The doorman knows {value} by sight and wants to see nothing.",
        ),
        "Who gets access with no proof of identity? Name everybody.",
        "person",
    ),
)

TWO_HOP = (
    Needle(
        (
            "Whatever breaks at the turnstile lands with the {middle} desk.",
            "The {middle} desk picks up on {value}.",
        ),
        "What is the telephone extension of the team that looks after the login gate?",
        "extension",
    ),
    Needle(
        (
            "Old invoices are carried down to {middle}.",
            "{middle} throws out whatever has seen {value} winters.",
        ),
        "For how many years are past bills preserved?",
        "count",
    ),
    Needle(
        (
            "The weather feed leans on the box called {middle}.",
            "Before pulling the plug on {middle}, have a word with {value}.",
        ),
        "Who must be consulted ahead of a shutdown of the machine that forecasts come from?",
        "person",
    ),
    Needle(
        (
            "Shoppers from Oslo are looked after by the {middle} crew.",
            "{value} runs the {middle} crew these days.",
        ),
        "Who leads the group that serves customers in Norway?",
        "person",
    ),
)

FIRST_NAMES = (
    "Adaeze", "Bertil", "Corisande", "Dagny", "Eskil", "Fenna", "Gisla", "Hjalmar", "Ilse", "Joren",
    "Katalin", "Leocadia", "Merten", "Nneka", "Oddvar", "Perpetua", "Quirin", "Ragna", "Sunniva", "Tjark",
)  # fmt: skip
LAST_NAMES = (
    "Abelsnes", "Brackwede", "Culverhay", "Dompierrez", "Eggestad", "Fossheim", "Grimlund", "Haverbeke",
    "Itterbach", "Jernvall", "Kolbotn", "Langeskov", "Mortlake", "Nordhagen", "Okwuosa", "Pottenstein",
    "Quernmore", "Rossavik", "Sandelholt", "Tervuren", "Ulvestad", "Vossenack", "Wetherall", "Ystgaard",
)  # fmt: skip
TOWNS = (
    "Aldermoor", "Bruckenried", "Casterwyke", "Drummelzee", "Elverhoy", "Fintona Cross", "Gravelmark",
    "Hollenbrook", "Innerwick", "Karnholm", "Lutterfoss", "Marrowgate",
)  # fmt: skip
CODENAMES = (
    "amberlattice", "brindlecombe", "cinderquay", "dovetailer", "elmwhistle", "fennelgate", "gorsewick",
    "hazelturn", "ivorybarge", "juniperlock", "kestrelyard", "larkspurn", "mossbarrow", "nettlecove",
    "ospreyfold", "pewterlane",
)  # fmt: skip
