"""What a unit is worth, read by how it is written and by molar masses: not by the ontology."""

from __future__ import annotations

import re
from decimal import Context, Decimal

MOLAR = {
    # g/mol, rounded as its source has it: hemoglobin (one chain), creatinine, bilirubin, calcium,
    # iron, cobalamin, folic acid
    "Hemoglobin": "16114.5", "BaselineHemoglobin": "16114.5", "SerumCreatinine": "113.12",
    "TotalBilirubin": "584.66", "IndirectBilirubin": "584.66", "SerumCalcium": "40.078",
    "CorrectedCalcium": "40.078", "SerumIron": "55.845", "TotalIronBindingCapacity": "55.845",
    "SerumVitaminB12": "1355.37", "SerumFolate": "441.4",
}
"""Molar masses, so that a factor is worked out here and not read from where it is used."""

PREFIXES = {"": 0, "d": -1, "c": -2, "m": -3, "u": -6, "mc": -6, "\u00b5": -6, "\u03bc": -6,
            "n": -9, "p": -12, "f": -15}
COUNTS = {"": 0, "#": 0, "cells": 0, "K": 3, "Thousand": 3, "thou": 3, "M": 6, "Million": 6,
          "G": 9, "T": 12}
VOLUMES = {"100mL": "dL", "mm3": "uL", "cm3": "mL"}
PLAIN = {
    "m": ("m", "1"), "ft": ("m", "0.3048"), "[ft_i]": ("m", "0.3048"),
    "d": ("d", "1"), "day": ("d", "1"), "days": ("d", "1"),
    "wk": ("d", "7"), "week": ("d", "7"), "weeks": ("d", "7"),
    "%": ("1", "0.01"), "L/L": ("1", "1"), "%{HemoglobinSaturation}": ("1", "0.01"),
    "mm[Hg]": ("mmHg", "1"), "mmHg": ("mmHg", "1"),
    "mm/h": ("mm/h", "1"), "mm/hr": ("mm/h", "1"), "mm/1hr": ("mm/h", "1"),
    "/min": ("/min", "1"), "bpm": ("/min", "1"), "beats/min": ("/min", "1"),
    "{beats}/min": ("/min", "1"), "{score}": ("score", "1"), "(score)": ("score", "1"),
    "fL": ("L", "1E-15"), "fl": ("L", "1E-15"), "um3": ("L", "1E-15"),
    "\u00b5m3": ("L", "1E-15"), "\u03bcm3": ("L", "1E-15"),
    "mL": ("L", "0.001"), "ml": ("L", "0.001"), "cm3": ("L", "0.001"),
}
MEASURED = re.compile(r"(d|c|mc|m|u|\u00b5|\u03bc|n|p|)(gm|g|mol|kat|\[IU\]|IU|U)/(.*)")
COUNTED = re.compile(r"(?:x?10(?:\*|\^|E|e)(\d+)|([A-Za-z#]*))/(.*)")


def factor_of(unit: str, canonical: str, kind: str) -> Decimal:
    """How many of the canonical unit one of a unit is."""
    (dimension, one), (other, canon) = worth(unit), worth(canonical)
    mass = Decimal(MOLAR.get(kind, "0"))
    if (dimension, other) == ("mol", "g"):
        return one * mass / canon
    if (dimension, other) == ("g", "mol"):
        return Context(prec=5).divide(one, canon * mass)
    assert dimension == other, f"{kind}: {unit} is {dimension}, {canonical} is {other}"
    return one / canon


def worth(unit: str) -> tuple[str, Decimal]:
    """What a unit measures, and how many of the plain unit (a litre, a gram a litre) it is."""
    if unit in PLAIN:
        dimension, number = PLAIN[unit]
        return dimension, Decimal(number)
    if unit.startswith("mL/min"):
        return "mL/min", Decimal(1)  # filtration is reported for one body surface
    if measured := MEASURED.fullmatch(unit):
        prefix, base, volume = measured.groups()
        number = Decimal(1).scaleb(PREFIXES[prefix]) / litres(volume)
        if base == "kat":
            return "U", number * 60_000_000  # a unit turns one micromole a minute
        return {"gm": "g", "[IU]": "U", "IU": "U"}.get(base, base), number
    counted = COUNTED.fullmatch(unit)
    assert counted is not None, f"{unit} cannot be read"
    power, word, volume = counted.groups()
    return "count", Decimal(1).scaleb(int(power) if power else COUNTS[word]) / litres(volume)


def litres(volume: str) -> Decimal:
    written = VOLUMES.get(volume, volume)
    assert written[-1] in "lL", f"{volume} is no volume"
    return Decimal(1).scaleb(PREFIXES[written[:-1]])
