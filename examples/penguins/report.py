"""The report: one HTML file that needs nothing else."""

from html import escape
from pathlib import Path
from string import Template

import charts
from birds import OUT, read_csv

HERE = Path(__file__).parent


def page(birds, names, trials, answers, score, min_score):
    rows = read_csv(birds)
    wrong = [a for a in answers if not a["right"]]
    sections = []
    for name, results in zip(names, trials):
        mine = [a for a in answers if a["species"] == name]
        sections.append(species(name, [r for r in rows if r["species"] == name], mine, results))

    template = Template((HERE / "report.html").read_text(encoding="utf-8"))
    path = OUT / "page.html"
    path.write_text(template.substitute(
        percent="%.1f" % (score * 100),
        right=len(answers) - len(wrong),
        tested=len(answers),
        birds=len(rows),
        models=sum(map(len, trials)),
        verdict=verdict(score, min_score),
        species="".join(sections),
        mistakes="".join(map(mistake, sorted(wrong, key=lambda a: (a["species"], a["male"])))),
    ), encoding="utf-8")
    return path


def species(name, birds, answers, trials):
    chosen = min(trials, key=lambda t: t["loss"])
    right = sum(a["right"] for a in answers)
    return (
        '<section class="card"><header><h2>%s</h2><p><b>%d of %d</b> right &middot; degree %d, penalty %g</p></header>'
        "<h3>What the scales and the calipers said</h3>%s"
        "<h3>How sure the model was</h3>%s"
        "<h3>The grid: log loss in cross-validation</h3>%s</section>"
    ) % (
        escape(name), right, len(answers), chosen["degree"], chosen["penalty"],
        charts.scatter(birds, "bill_depth_mm", "body_mass_g", "bill depth, mm", "body mass, g", answers),
        charts.certainty(answers),
        charts.heatmap(trials, chosen),
    )


def verdict(score, min_score):
    if score > min_score:
        return '<span class="good">published</span>: above the %g%% that the flow asks for' % (min_score * 100)
    return '<span class="bad">not published</span>: the flow asks for more than %g%%' % (min_score * 100)


def mistake(a):
    said = "male" if a["male"] > 0.5 else "female"
    cells = [a["species"], a["island"], a["sex"], "%s (%.0f%%)" % (said, 100 * max(a["male"], 1 - a["male"])),
             a["bill_length_mm"], a["bill_depth_mm"], a["flipper_length_mm"], a["body_mass_g"]]
    return "<tr>%s</tr>" % "".join("<td>%s</td>" % escape(c) for c in cells)
