"""Picks the best model of each species and judges them on birds that none has seen."""

import json
from pathlib import Path

from birds import OUT, is_male, read_csv, traits
from model import chance_of_male


def best(names, models, trials, tests):
    chosen, answers = {}, []
    for name, files, results, test in zip(names, models, trials, tests):
        i = min(range(len(files)), key=lambda i: results[i]["loss"])
        model = json.loads(Path(files[i]).read_text(encoding="utf-8"))
        chosen[name] = model
        for bird in read_csv(test):
            p = chance_of_male(model, traits(bird))
            answers.append(dict(bird, male=round(p, 4), right=(p > 0.5) == is_male(bird)))

    path = OUT / "model.json"
    path.write_text(json.dumps(chosen, indent=1), encoding="utf-8")
    score = sum(a["right"] for a in answers) / len(answers)
    return {"model": path, "answers": answers, "score": round(score, 4)}
