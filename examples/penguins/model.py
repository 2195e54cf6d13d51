"""Logistic regression by Newton's method, with nothing but the standard library."""

import json
import math
import random
from itertools import combinations_with_replacement

from birds import OUT, is_male, read_csv, traits

FOLDS = 5


def fit(train, degree, penalty, seed):
    """Trains one model of the grid and rates it by cross-validation."""
    rows = read_csv(train)
    random.Random(seed).shuffle(rows)  # the same folds for every model of the grid
    right, loss = 0, 0.0
    for k in range(FOLDS):
        model = learn([r for i, r in enumerate(rows) if i % FOLDS != k], degree, penalty)
        for r in rows[k::FOLDS]:
            p = chance_of_male(model, traits(r))
            right += (p > 0.5) == is_male(r)
            loss -= math.log(max(p if is_male(r) else 1 - p, 1e-12))

    path = OUT / "model.json"
    path.write_text(json.dumps(learn(rows, degree, penalty)), encoding="utf-8")
    trial = {
        "degree": degree,
        "penalty": penalty,
        "accuracy": round(right / len(rows), 4),
        "loss": round(loss / len(rows), 4),
    }
    return {"model": path, "trial": trial}


def learn(rows, degree, penalty):
    """Returns the weights that explain the rows best; they shrink with the penalty."""
    columns = list(zip(*map(traits, rows)))
    mean = [sum(c) / len(c) for c in columns]
    scale = [math.sqrt(sum((v - m) ** 2 for v in c) / len(c)) or 1.0 for c, m in zip(columns, mean)]
    model = {"degree": degree, "penalty": penalty, "mean": mean, "scale": scale}

    xs = [features(model, traits(r)) for r in rows]
    ys = [1.0 if is_male(r) else 0.0 for r in rows]
    n = len(xs[0])
    w = [0.0] * n
    for _ in range(50):
        slope = [penalty * w[i] if i else 0.0 for i in range(n)]
        curve = [[penalty if i == j and i else 0.0 for j in range(n)] for i in range(n)]
        for x, y in zip(xs, ys):
            p = logistic(dot(w, x))
            for i in range(n):
                slope[i] += (p - y) * x[i]
                step = p * (1 - p) * x[i]
                row = curve[i]
                for j in range(i, n):
                    row[j] += step * x[j]
        for i in range(n):
            for j in range(i):
                curve[i][j] = curve[j][i]
        move = solve(curve, slope)
        w = [a - b for a, b in zip(w, move)]
        if max(map(abs, move)) < 1e-9:
            break
    model["weights"] = w
    return model


def chance_of_male(model, values):
    return logistic(dot(model["weights"], features(model, values)))


def features(model, values):
    """1, the standardised traits and, for degree 2, their squares and products."""
    z = [(v - m) / s for v, m, s in zip(values, model["mean"], model["scale"])]
    out = [1.0] + z
    for degree in range(2, model["degree"] + 1):
        out += [math.prod(c) for c in combinations_with_replacement(z, degree)]
    return out


def logistic(t):
    if t < -700:
        return 0.0
    return 1 / (1 + math.exp(-t))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def solve(a, b):
    """Solves a x = b for a symmetric positive definite a, by Gaussian elimination."""
    n = len(b)
    rows = [row + [v] for row, v in zip(a, b)]
    for i in range(n):
        for k in range(i + 1, n):
            f = rows[k][i] / rows[i][i]
            if f:
                for j in range(i, n + 1):
                    rows[k][j] -= f * rows[i][j]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x
