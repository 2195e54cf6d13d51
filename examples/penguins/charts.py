"""Small charts as inline SVG. Colours come from the page's style sheet."""

import math
from html import escape

WIDTH = 320
LIMIT = math.log(999)  # the odds of 99.9%


def scatter(birds, x, y, x_label, y_label, answers):
    """One dot for each bird: faint where the model learned, full where it was tested."""
    tested = {identity(a): a for a in answers}
    height, left, bottom, top = 250, 44, 36, 10
    ax = Axis([float(b[x]) for b in birds], left, WIDTH - 10)
    ay = Axis([float(b[y]) for b in birds], height - bottom, top)
    out = [grid(ax, ay, left, height - bottom, x_label, y_label)]
    for bird in sorted(birds, key=lambda b: identity(b) in tested):
        answer = tested.get(identity(bird))
        kind = bird["sex"] + ("" if answer else " faint")
        text = "%s, %s mm deep bill, %s g" % (bird["sex"], bird["bill_depth_mm"], bird["body_mass_g"])
        px, py = ax(float(bird[x])), ay(float(bird[y]))
        if answer:
            text += ": P(male) = %.2f" % answer["male"]
            if not answer["right"]:
                out.append(circle(px, py, 7.5, "wrong"))
        out.append(circle(px, py, 4, kind, text))
    return svg(height, "Body mass over bill depth", out)


def certainty(answers):
    """Every tested bird at the model's chance that it is male, on the scale of log odds."""
    height, left, right, step = 190, 18, WIDTH - 18, 8
    ax = Axis([], left, right, ticks=[-LIMIT, LIMIT])
    axis = height - 34
    middle = axis / 2
    out = ['<line class="half" x1="%g" x2="%g" y1="2" y2="%g"/>' % (ax(0), ax(0), axis)]
    stacks = {}
    for a in sorted(answers, key=lambda a: a["male"]):
        place = round((log_odds(a["male"]) + LIMIT) / (2 * LIMIT) * 34)
        n = stacks[a["sex"], place] = stacks.get((a["sex"], place), -1) + 1
        cx = round(left + place * (right - left) / 34, 1)
        cy = middle - 10 - n * step if a["sex"] == "male" else middle + 10 + n * step
        if not a["right"]:
            out.append(circle(cx, cy, 6.5, "wrong"))
        out.append(circle(cx, cy, 3.6, a["sex"], "%s: P(male) = %.3f" % (a["sex"], a["male"])))
    out.append('<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/>' % (left, right, axis, axis))
    for p, text in ((0.001, "0.1%"), (0.01, "1%"), (0.1, "10%"), (0.5, "50%"), (0.9, "90%"), (0.99, "99%"), (0.999, "99.9%")):
        out.append(label(ax(log_odds(p)), axis + 14, text, "middle"))
    out.append(label(ax(0), axis + 29, "chance of being male, says the model", "middle"))
    return svg(height, "How sure the model was of each tested bird", out)


def heatmap(trials, chosen):
    """The grid of one species: a cell for each model, darker where it errs less."""
    degrees = sorted({t["degree"] for t in trials})
    penalties = sorted({t["penalty"] for t in trials})
    worst, least = max(t["loss"] for t in trials), min(t["loss"] for t in trials)
    left, top, gap, tall = 62, 4, 3, 42
    wide = (WIDTH - left - 6) / len(penalties)
    height = top + tall * len(degrees) + 40
    out = []
    for t in trials:
        x = left + penalties.index(t["penalty"]) * wide
        y = top + degrees.index(t["degree"]) * tall
        good = (worst - t["loss"]) / (worst - least or 1)
        text = "degree %d, penalty %g: log loss %.3f, %.1f%% right" % (
            t["degree"], t["penalty"], t["loss"], t["accuracy"] * 100)
        out.append(
            '<g class="cell%s"><title>%s</title><rect x="%g" y="%g" width="%g" height="%g" rx="4" '
            'style="--heat-share: %.0f"/>%s</g>' % (
                " chosen" if t == chosen else "", escape(text),
                x + gap / 2, y + gap / 2, wide - gap, tall - gap, good * 100,
                label(x + wide / 2, y + tall / 2 + 4, "%.3f" % t["loss"], "middle",
                      "on-dark" if good > 0.55 else "on-light")))
    for d in degrees:
        out.append(label(left - 8, top + degrees.index(d) * tall + tall / 2 + 4, "degree %d" % d, "end"))
    for p in penalties:
        x = left + penalties.index(p) * wide + wide / 2
        out.append(label(x, height - 22, "%g" % p, "middle"))
    out.append(label(left + wide * len(penalties) / 2, height - 6, "penalty on large weights", "middle"))
    return svg(height, "Log loss of every model of the grid", out)


class Axis:
    """Maps values to pixels, with ticks at round numbers."""

    def __init__(self, values, start, end, ticks=None):
        if ticks is None:
            step = round_step((max(values) - min(values)) / 4)
            first = int(min(values) // step)
            last = int(-(-max(values) // step))
            ticks = [k * step for k in range(first, last + 1)]
        self.ticks, self.start = ticks, start
        self.scale = (end - start) / (ticks[-1] - ticks[0])

    def __call__(self, value):
        return round(self.start + (value - self.ticks[0]) * self.scale, 1)


def log_odds(p):
    p = min(max(p, 0.001), 0.999)
    return math.log(p / (1 - p))


def round_step(raw):
    power = 1
    while power * 10 <= raw:
        power *= 10
    return min((power * m for m in (1, 2, 5, 10)), key=lambda s: abs(s - raw))


def grid(ax, ay, left, bottom, x_label, y_label):
    out = []
    for t in ay.ticks:
        out.append('<line class="grid" x1="%g" x2="%g" y1="%g" y2="%g"/>' % (left, WIDTH - 10, ay(t), ay(t)))
        out.append(label(left - 6, ay(t) + 4, "{:,.0f}".format(t), "end"))
    for t in ax.ticks:
        out.append(label(ax(t), bottom + 15, "%g" % t, "middle"))
    out.append('<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/>' % (left, WIDTH - 10, bottom, bottom))
    out.append(label((left + WIDTH - 10) / 2, bottom + 31, x_label, "middle"))
    out.append(label(left + 6, ay(ay.ticks[-1]) + 12, y_label, "start"))
    return "".join(out)


def circle(x, y, r, kind, title=""):
    inner = "<title>%s</title>" % escape(title) if title else ""
    return '<circle class="%s" cx="%g" cy="%g" r="%g">%s</circle>' % (kind, x, y, r, inner)


def label(x, y, text, anchor, kind="label"):
    return '<text class="%s" x="%g" y="%g" text-anchor="%s">%s</text>' % (kind, x, y, anchor, escape(text))


def svg(height, name, parts):
    return '<svg viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg>' % (
        WIDTH, height, escape(name), "".join(parts))


def identity(bird):
    return tuple(bird[c] for c in ("species", "island", "sex", "bill_length_mm", "bill_depth_mm",
                                   "flipper_length_mm", "body_mass_g"))
