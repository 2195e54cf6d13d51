"""Calls one Python function of a flow: reads a request, calls, writes an answer.

It runs under the user's own interpreter (3.8 or later) and needs nothing but
the standard library. Values travel as JSON whose reading is given by the
declared types on both sides, never guessed from the value.
"""

import sys


def main():
    import json
    import os

    with open(sys.argv[1], encoding="utf-8") as f:
        request = json.load(f)
    answer = {"cache_tag": sys.implementation.cache_tag}
    code = 1
    try:
        code = answer_request(request, answer)
    except Problem as p:
        answer["problem"] = {"kind": p.kind, "message": p.message}
        sys.stdout.flush()
        print("flowc: " + p.message, file=sys.stderr)
    temporary = request["answer"] + ".part"
    with open(temporary, "w", encoding="utf-8") as f:
        json.dump(answer, f)
    os.replace(temporary, request["answer"])
    sys.exit(code)


class Problem(Exception):
    """What the user must know, without a traceback."""

    def __init__(self, kind, message):
        Exception.__init__(self, message)
        self.kind = kind
        self.message = message


def answer_request(request, answer):
    where = "%s:%s" % (request["file"], request["func"])
    sys.path[0:1] = search_path(request)
    try:
        function = find(load(request), request)
        args = {}
        for name, kind, value in request["inputs"]:
            args[name] = decode(kind, value, name)
        try:
            value = function(**args)
        except TypeError as e:
            if e.__traceback__.tb_next is None:  # from the call itself, not from inside
                check_signature(function, args, where)
            raise
    except Problem:
        raise
    except SystemExit as e:
        if e.code is None or e.code == 0:
            if not request["outputs"]:
                return 0
            raise Problem("output", "%s called sys.exit() and so returned none of its outputs" % where)
        answer["problem"] = {"kind": "error", "message": "%s called sys.exit(%s)" % (where, short(repr(e.code)))}
        if isinstance(e.code, int):
            return e.code & 255
        print(e.code, file=sys.stderr)
        return 1
    except BaseException as e:
        answer["problem"] = {"kind": "error", "message": describe(e)}
        show(e)
        return 1
    sys.stdout.flush()
    answer["outputs"] = returned(request["outputs"], value, where)
    return 0


# ---- loading ----


def search_path(request):
    import os

    folder = os.path.dirname(os.path.join(request["root"], request["file"]))
    return [folder] if folder == request["root"] else [folder, request["root"]]


def load(request):
    """Imports the file under the name that an import of it would use."""
    import importlib
    import importlib.util
    import os

    root, file = request["root"], request["file"]
    path = os.path.join(root, file)
    if not os.path.isfile(path):
        raise Problem("input", "there is no file %s in the code package" % file)
    name = os.path.basename(path)
    name = name[:-3] if name.endswith(".py") else name
    parts = [name]
    folder = os.path.dirname(path)
    while folder.startswith(root) and folder != root and os.path.isfile(os.path.join(folder, "__init__.py")):
        parts.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    if len(parts) > 1 and all(p.isidentifier() for p in parts):
        sys.path.insert(0, folder)  # where the outermost package lies
        return importlib.import_module(".".join(parts))
    taken = name in sys.modules or name in getattr(sys, "stdlib_module_names", ()) or not name.isidentifier()
    if taken:
        name = "flowc_step_" + "".join(c if c.isalnum() else "_" for c in name)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Problem("input", "%s is no Python file: its name must end in .py" % file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that its classes can be pickled
    spec.loader.exec_module(module)
    return module


def find(module, request):
    import difflib

    value = module
    for part in request["func"].split("."):
        if not hasattr(value, part):
            names = [n for n in vars(value) if not n.startswith("_") and callable(getattr(value, n, None))] if hasattr(value, "__dict__") else []
            near = difflib.get_close_matches(part, names, 1)
            hint = "; did you mean %s?" % near[0] if near else ("; it has " + ", ".join(sorted(names)[:10]) if names else "")
            raise Problem("input", "%s has no function %s%s" % (request["file"], request["func"], hint))
        value = getattr(value, part)
    if not callable(value):
        raise Problem("input", "%s in %s is no function" % (request["func"], request["file"]))
    return value


def check_signature(function, args, where):
    import inspect

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # builtins and the like
    try:
        signature.bind(**args)
    except TypeError as e:
        got = ", ".join(args) or "nothing"
        raise Problem("input", "%s%s does not fit its inputs: %s; the step passes %s" % (where, signature, e, got))


# ---- inputs ----


def decode(kind, value, name):
    """The Python value of an input."""
    if value is None and kind["k"] != "json":
        return None
    k = kind["k"]
    if k == "optional":
        return decode(kind["of"], value, name)
    if k == "list":
        return [decode(kind["of"], v, name) for v in value]
    if k == "map":
        return {key: decode(kind["of"], v, name) for key, v in value.items()}
    if k == "record":
        return {field: decode(of, value.get(field), name) for field, of in kind["fields"]}
    if k == "float":
        return float(value)  # also of "NaN", "Infinity", "-Infinity"
    if k == "date":
        import datetime

        return datetime.date(*[int(p) for p in value.split("-")])
    if k in ("file", "dir"):
        import pathlib

        return pathlib.Path(value["path"])
    if k == "artifact":
        return unpickle(value, name)
    return value


def unpickle(value, name):
    import pickle

    made_by, here = value.get("cache_tag"), sys.implementation.cache_tag
    try:
        with open(value["path"], "rb") as f:
            return pickle.load(f)
    except Exception as e:
        why = "input %s cannot be unpickled: %s" % (name, describe(e))
        if made_by and made_by != here:
            why += "; it was pickled by %s, this is %s" % (made_by, here)
        raise Problem("input", why)


# ---- outputs ----


def returned(outputs, value, where):
    """The outputs by name, encoded. One output: the value is it, whatever it is."""
    if not outputs:
        return {}
    if len(outputs) == 1:
        name, kind = outputs[0]
        return {name: encode(kind, value, "output %s of %s" % (name, where))}
    got = as_mapping(value, [name for name, _ in outputs], where)
    names = [name for name, _ in outputs]
    missing = [n for n, kind in outputs if n not in got and kind["k"] != "optional"]
    extra = [str(n) for n in got if n not in names]
    if missing or extra:
        parts = []
        if missing:
            parts.append("it lacks " + ", ".join(missing))
        if extra:
            parts.append("%s %s no declared output" % (", ".join(extra), "is" if len(extra) == 1 else "are"))
        raise Problem("output", "what %s returned does not fit its outputs (%s): %s" % (where, ", ".join(names), "; ".join(parts)))
    return {n: encode(kind, got.get(n), "output %s of %s" % (n, where)) for n, kind in outputs}


def as_mapping(value, names, where):
    import collections.abc
    import dataclasses

    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {f: getattr(value, f) for f in value._fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    hint = ""
    if isinstance(value, tuple):
        hint = "; a tuple has no names: return {%s}" % ", ".join("%r: ..." % n for n in names)
    raise Problem("output", "%s declares %d outputs and must return a dict, a NamedTuple or a dataclass with the fields %s; it returned %s%s"
                  % (where, len(names), ", ".join(names), kind_of(value), hint))


def encode(kind, value, where):
    k = kind["k"]
    if k == "optional":
        return None if value is None else encode(kind["of"], value, where)
    if k == "artifact":
        return pickled(value, where)
    if k == "json":
        return plain(value, where)
    if k == "any":
        return plain(value, where)
    if value is None:
        raise Problem("output", "%s: expected %s, got None; declare the type %s? if it may be absent" % (where, kind["text"], kind["text"]))
    value = unwrap(value, k)
    if k == "list":
        import collections.abc

        if hasattr(value, "tolist") and callable(value.tolist):
            value = value.tolist()  # numpy arrays
        if isinstance(value, (str, bytes, dict)) or not isinstance(value, (collections.abc.Sequence, set, frozenset)):
            raise wrong(kind, value, where)
        if isinstance(value, (set, frozenset)):
            raise Problem("output", "%s: a set has no order: return sorted(...)" % where)
        return [encode(kind["of"], v, "%s[%d]" % (where, i)) for i, v in enumerate(value)]
    if k == "map":
        import collections.abc

        if not isinstance(value, collections.abc.Mapping):
            raise wrong(kind, value, where)
        out = {}
        for key, v in value.items():
            if not isinstance(key, str):
                raise Problem("output", "%s: the key %s is no str" % (where, short(repr(key))))
            out[key] = encode(kind["of"], v, "%s[%r]" % (where, key))
        return out
    if k == "record":
        names = [f for f, _ in kind["fields"]]
        try:
            got = as_mapping(value, names, where)
        except Problem:
            raise wrong(kind, value, where)
        extra = [str(n) for n in got if n not in names]
        if extra:
            raise Problem("output", "%s: %s has no field %s" % (where, kind["text"], ", ".join(extra)))
        out = {}
        for field, of in kind["fields"]:
            if field not in got and of["k"] != "optional":
                raise Problem("output", "%s: the field %s is missing" % (where, field))
            out[field] = encode(of, got.get(field), "%s.%s" % (where, field))
        return out
    if k == "bool" and isinstance(value, bool):
        return value
    if k == "int" and isinstance(value, int) and not isinstance(value, bool):
        if not -(2 ** 63) <= value < 2 ** 63:
            raise Problem("output", "%s: %s does not fit into 64 bits" % (where, short(str(value))))
        return int(value)
    if k == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(float(value))
    if k == "string" and isinstance(value, str):
        return text(value, where)
    if k == "enum" and isinstance(value, str):
        if value not in kind["values"]:
            raise Problem("output", "%s: %r is none of %s" % (where, short(value), ", ".join(kind["values"])))
        return str(value)
    if k == "date":
        import datetime

        if isinstance(value, datetime.datetime):
            raise Problem("output", "%s: expected a date, got a datetime; return x.date()" % where)
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, str):
            return text(value, where)
    if k in ("file", "dir"):
        import os

        if isinstance(value, os.PathLike):
            path = os.path.abspath(os.fspath(value))
            if isinstance(path, bytes):
                path = os.fsdecode(path)
            if not os.path.exists(path):
                raise Problem("output", "%s: there is nothing at the path %s" % (where, short(path)))
            if k == "file" and not os.path.isfile(path):
                raise Problem("output", "%s: %s is not a regular file" % (where, short(path)))
            if k == "dir" and not os.path.isdir(path):
                raise Problem("output", "%s: %s is not a folder" % (where, short(path)))
            return {"path": text(path, where)}
        if isinstance(value, str):
            raise Problem("output", "%s: expected a path, got the str %s; return pathlib.Path(...)" % (where, short(repr(value))))
    raise wrong(kind, value, where)


def unwrap(value, k):
    """numpy's and torch's scalars say what they are by item()."""
    if k in ("bool", "int", "float", "string", "enum") and not isinstance(value, (bool, int, str)) and type(value) is not float:
        item = getattr(value, "item", None)
        if callable(item) and getattr(value, "shape", ()) in ((), None):
            try:
                return item()
            except Exception:
                return value
    return value


def number(f):
    if f != f:
        return "NaN"
    if f in (float("inf"), float("-inf")):
        return "Infinity" if f > 0 else "-Infinity"
    return f


def text(s, where):
    try:
        s.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem("output", "%s: %s is not Unicode text" % (where, short(ascii(s))))
    return str(s)


def plain(value, where):
    """A value of type json."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, where)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Problem("output", "%s: JSON has no %r" % (where, value))
        return float(value)
    if isinstance(value, dict):
        out = {}
        for key, v in value.items():
            if not isinstance(key, str):
                raise Problem("output", "%s: the key %s is no str" % (where, short(repr(key))))
            out[text(key, where)] = plain(v, "%s[%r]" % (where, key))
        return out
    if isinstance(value, (list, tuple)):
        return [plain(v, "%s[%d]" % (where, i)) for i, v in enumerate(value)]
    if hasattr(value, "tolist") and callable(value.tolist):
        return plain(value.tolist(), where)  # numpy arrays and scalars
    item = unwrap(value, "float")
    if item is not value:
        return plain(item, where)
    raise Problem("output", "%s: JSON cannot express %s" % (where, kind_of(value)))


def pickled(value, where):
    import os
    import pickle
    import tempfile

    fd, path = tempfile.mkstemp(".pkl", "artifact-", os.path.dirname(os.path.abspath(sys.argv[1])))
    with os.fdopen(fd, "wb") as f:
        try:
            pickle.dump(value, f, protocol=5)
        except Exception as e:
            raise Problem("output", "%s: %s cannot be pickled: %s" % (where, kind_of(value), describe(e)))
    return {"path": path}


# ---- words ----


def wrong(kind, value, where):
    return Problem("output", "%s: expected %s, got %s" % (where, kind["text"], kind_of(value)))


def kind_of(value):
    if value is None:
        return "None"
    name = type(value).__name__
    if isinstance(value, (bool, int, float, str)):
        return "the %s %s" % (name, short(repr(value)))
    try:
        return "a %s of %d" % (name, len(value))
    except Exception:
        return "a %s" % name


def short(s):
    return s if len(s) <= 80 else s[:77] + "..."


def describe(e):
    """Type and message of an exception, and where the user's code raised it."""
    import os

    message = "%s: %s" % (type(e).__name__, e) if str(e) else type(e).__name__
    message = message if len(message) <= 1000 else message[:997] + "..."
    last = None
    tb = user_frames(e.__traceback__)
    while tb is not None:
        last, tb = tb, tb.tb_next
    if last is not None:
        code = last.tb_frame.f_code
        message += " (%s:%d in %s)" % (os.path.basename(code.co_filename), last.tb_lineno, code.co_name)
    return message


def user_frames(tb):
    """The traceback without the frames of this file and of the import system."""
    while tb is not None:
        name = tb.tb_frame.f_code.co_filename
        if name != __file__ and not name.startswith("<frozen importlib"):
            return tb
        tb = tb.tb_next
    return None


def show(e):
    import traceback

    sys.stdout.flush()
    traceback.print_exception(type(e), e, user_frames(e.__traceback__))
    sys.stderr.flush()


if __name__ == "__main__":
    main()
