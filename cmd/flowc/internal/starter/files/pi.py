import math
import random


def throw(seed, darts):
    """Returns how many darts hit the quarter circle."""
    rng = random.Random(seed)
    return sum(rng.random() ** 2 + rng.random() ** 2 < 1 for _ in range(darts))


def estimate(hits, darts):
    pi = 4 * sum(hits) / (darts * len(hits))
    return {"pi": pi, "error": round(abs(pi - math.pi), 6)}
