"""The birds: cleaned rows, and an honest split of them."""

import csv
import os
import random
from pathlib import Path

TRAITS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
COLUMNS = ["species", "island", "sex"] + TRAITS
SOURCE = Path(__file__).with_name("data") / "penguins.csv"
OUT = Path(os.environ.get("FLOWC_OUT", "."))  # each task has a folder of its own for what it leaves


def load():
    """Keeps the birds of which everything is known."""
    rows = [r for r in read_csv(SOURCE) if all(r[c] not in ("", "NA") for c in COLUMNS)]
    return {
        "birds": write_csv("birds.csv", rows),
        "species": sorted({r["species"] for r in rows}),
        "count": len(rows),
    }


def split(birds, name, test_share, seed):
    """Sets birds of one species apart for the final test, as many males as females."""
    rows = [r for r in read_csv(birds) if r["species"] == name]
    train, test = [], []
    for sex in ("female", "male"):
        same = [r for r in rows if r["sex"] == sex]
        random.Random(seed).shuffle(same)
        cut = round(len(same) * test_share)
        test += same[:cut]
        train += same[cut:]
    return {"train": write_csv("train.csv", train), "test": write_csv("test.csv", test)}


def traits(row):
    return [float(row[t]) for t in TRAITS]


def is_male(row):
    return row["sex"] == "male"


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def write_csv(name, rows):
    path = OUT / name
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, COLUMNS, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    return path
