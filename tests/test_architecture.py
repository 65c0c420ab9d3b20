"""The rules of the house, checked on the source: layers, sizes, documented names, nothing dangerous."""

import ast
import graphlib
import importlib
import inspect
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "sexresearch"
ROOMS = ["escaping", "errors", "habits", "extras", "marking", "arguments", "deprecation", "frozen", "writing"]
ROOMS += ["glossary", "verdict", "languages", "standard", "sem", "survey", "datasets", "chain", "plots", "document"]
ROOMS += ["report", "answering", "study", "lab", "testing", "__init__", "terminal", "file_options", "fit_verb"]
ROOMS += ["answer_verb", "codebook_verb", "cli", "__main__"]
SEM_MAY_USE = {*ROOMS[:11], "sem"} - {"writing"}  # nothing about service
SEM_ROOMS = ["arrays", "delta_method", "matrices", "gamma", "threads", "workers", "rotation", "language", "implied"]
SEM_ROOMS += ["ordinal", "data", "terms", "estimation", "fitting", "streaming", "inference", "after", "output"]
SEM_ROOMS += ["resampling", "simulation", "engines", "imputation", "fit", "growth", "permutation", "planning"]
SEM_ROOMS += ["item_subsets", "shared_out", "partial_pooling", "fit_many"]
SEM_ROOMS += ["view_parts", "view_of_results", "view", "partial_least_squares"]
SEM_ROOMS += ["__init__"]  # sem's own rooms and the modules beside them
HEAVY = ["matplotlib", "IPython", "nbclient", "nbconvert", "nbformat", "jupyter_client", "semopy", "statsmodels"]
HEAVY += ["openpyxl", "pooch", "pyreadstat", "sklearn", "scipy.stats", "scipy.optimize"]
LONGEST_MODULE, MEDIAN_MODULE, MEDIAN_FUNCTION = 400, 150, 12  # lines
MODULES = sorted(PACKAGE.rglob("*.py"))
PUBLIC_ROOMS = [room for room in ROOMS if (PACKAGE / room / "__init__.py").exists()]


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def own_imports(nodes: list[ast.AST]) -> set[str]:
    """Modules of the package that the nodes import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in TREES else str(node.module) for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "sexresearch"}


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def body_length(function: ast.FunctionDef) -> int:
    """Lines of a function below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_a_room_imports_only_from_rooms_above_it():
    for module, tree in TREES.items():
        room, used = room_of(module), {room_of(name) for name in own_imports(list(ast.walk(tree)))}
        below = {name for name in used if ROOMS.index(name) > ROOMS.index(room)}
        assert not below, f"{module} imports from {below}"
        assert room != "sem" or used <= SEM_MAY_USE, f"{module} imports from {used - SEM_MAY_USE}"


def test_rooms_beyond_sem_see_a_fit_through_its_view_alone():
    """They import the public names of `sem`, and `sem.view`: all that there is to see of a fit."""
    public = set(importlib.import_module("sexresearch.sem").__all__)
    for module, tree in TREES.items():
        beyond = room_of(module) not in {"sem", "__init__"}
        for node in ast.walk(tree):
            if beyond and isinstance(node, ast.ImportFrom) and str(node.module).startswith("sexresearch.sem"):
                assert node.module in {"sexresearch.sem", "sexresearch.sem.view"}, f"{module} imports {node.module}"
                names = {alias.name for alias in node.names}
                assert node.module != "sexresearch.sem" or names <= public, f"{module} imports {names - public}"
            behind = beyond and isinstance(node, ast.Attribute) and node.attr == "fitted"
            assert not behind, f"{module} reaches behind its results"


def room_of_sem(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else "__init__"


def test_a_room_of_sem_imports_only_from_rooms_above_it():
    for module, tree in TREES.items():
        if room_of(module) != "sem":
            continue
        used = {room_of_sem(name) for name in own_imports(list(ast.walk(tree))) if room_of(name) == "sem"}
        below = {name for name in used if SEM_ROOMS.index(name) > SEM_ROOMS.index(room_of_sem(module))}
        assert not below, f"{module} imports from {below}"


def test_nothing_outside_of_terms_asks_which_kind_a_term_has():
    kinds = {
        node.name
        for module, tree in TREES.items()
        if module.startswith("sexresearch.sem.terms")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    for module, tree in TREES.items():
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
        asked = [ast.unparse(call) for call in calls if ast.unparse(call.func) in ("isinstance", "issubclass", "type")]
        wrong = [text for text in asked if kinds & set(re.findall(r"\w+", text))]
        assert not wrong or module.startswith("sexresearch.sem.terms"), f"{module}: {wrong}"


def test_no_measure_asks_whether_variables_are_ordered():
    """What depends on it is asked of the term; which kind a group has is read off the options in one place."""
    asked = lines_with(r"\.(categories|ordinal|ordered)\b|options\.kind\b", {"sexresearch.sem.estimation.estimate"})
    assert not [line for line in asked if line.startswith("sexresearch.sem.inference") or "options.kind" in line]


def test_imports_of_the_package_stand_at_the_top():
    for module, tree in TREES.items():
        inside = [node for function in functions(tree) for node in ast.walk(function)]
        assert not own_imports(inside), f"{module} imports its own package inside a function"


def test_no_module_imports_itself_by_a_detour():
    graph = {module: own_imports(tree.body) for module, tree in TREES.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, naming the circle


def test_modules_and_functions_are_small():
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: n for name, n in lengths.items() if n > LONGEST_MODULE}
    assert statistics.median(lengths.values()) <= MEDIAN_MODULE
    bodies = [body_length(function) for tree in TREES.values() for function in functions(tree)]
    assert statistics.median(bodies) <= MEDIAN_FUNCTION


def test_modules_are_named_by_what_they_do():
    vague = {"utils", "util", "helpers", "common", "misc", "tools"}
    assert not [path for path in MODULES if path.stem.strip("_") in vague]


SPOKEN = {"found", "held", "drawn", "said", "asked", "told"}  # participles that name nothing


def names_in(tree: ast.AST) -> list[str]:
    """Every name that code gives or uses, those within f-strings too, on every Python alike."""
    kinds = {ast.Name: "id", ast.arg: "arg", ast.keyword: "arg", ast.Attribute: "attr"}
    kinds |= dict.fromkeys((ast.FunctionDef, ast.ClassDef), "name")
    return [str(getattr(node, kinds[type(node)])) for node in ast.walk(tree) if type(node) in kinds]


def test_names_of_code_say_what_they_hold():
    spoken = {module: SPOKEN & {name.strip("_") for name in names_in(tree)} for module, tree in TREES.items()}
    assert not {module: names for module, names in spoken.items() if names}
    types = [node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert not [name for name in types if name.strip("_").lower() in SPOKEN]
    participles = {name for name in types if re.fullmatch(r"_?[A-Z][a-z]+ed", name)}
    assert participles <= {"Fitted", "Implied", "Joined", "Pooled"}, "types are nouns"


def test_no_two_classes_and_files_have_one_name_for_different_things():
    """A figure, and the stage of an answer, are named like the question they belong to."""
    homes, files = defaultdict(set), defaultdict(set)
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(module)
    for path in MODULES:
        if path.stem != "__init__" and room_of(dotted(path)) not in {"plots", "answering"}:
            files[path.stem].add(path)
    assert not [name for name, modules in homes.items() if len(modules) > 1]
    assert not [name for name, modules in files.items() if len(modules) > 1]


def test_no_two_files_of_a_room_differ_by_an_ending_or_an_underscore_alone():
    alike = defaultdict(set)
    for path in MODULES:
        if path.stem != "__init__" and room_of(dotted(path)) != "plots":
            alike[room_of(dotted(path)), path.stem.replace("_", "").removesuffix("s")].add(path.stem)
    assert not [names for names in alike.values() if len(names) > 1]


def test_nothing_runs_text_or_unpickles():
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__"}, module
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(alias.name for alias in node.names)}
                assert not names & {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}, module


def test_nothing_changes_settings_of_the_whole_process():
    """Threads share warning filters, numpy's default and the old random generator; `np.errstate` is each thread's."""
    shared = {"catch_warnings", "simplefilter", "filterwarnings", "resetwarnings", "seterr", "seed", "chdir"}
    for module, tree in TREES.items():
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        called = {ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not used & called & shared, f"{module} calls {used & called & shared}"


def test_only_the_public_fit_and_old_spellings_warn():
    for module, tree in TREES.items():
        called = {ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)}
        quiet = not called & {"warn", "warn_explicit"}
        assert quiet or module in {"sexresearch.sem.fit", "sexresearch.deprecation"}, f"{module} warns"


def lines_with(pattern: str, beside: set[str]) -> list[str]:
    """Lines of code that match, of every module but those named."""
    found = re.compile(pattern)
    texts = {dotted(path): path.read_text(encoding="utf-8").splitlines() for path in MODULES}
    others = [(module, line) for module, lines in texts.items() if module not in beside for line in lines]
    return [f"{module}: {line}" for module, line in others if found.search(line)]


def test_one_file_inverts_paths():
    """(I - B)^-1, and B from it; what is solved with I - M elsewhere has no paths in M."""
    kernel = {"sexresearch.sem.implied.total_effects"}
    assert not lines_with(r"(inv|solve|dgesv)\((np\.eye\([^)]*\)|one|_identity\([^)]*\)) - \w", kernel)
    assert not lines_with(r"np\.eye\(.*\) - np\.linalg\.inv", kernel)


def test_one_file_makes_covariances_of_paths():
    """C = G S G': of one parameter vector or of many, in fits, replicates, draws and populations alike."""
    kernel = {"sexresearch.sem.implied.total_effects"}
    assert not lines_with(r"\bG @ .*@ (_t\()?(self\.)?G\b|rij,rjk,rik|G @ \w+, G\)", kernel)


def test_one_function_standardizes():
    """Values over standard deviations of what a row connects, for tables, replicates, draws and groups alike."""
    home, users = "sexresearch.sem.inference.standardized", set()
    for module, tree in TREES.items():
        ways = {"rescaled", "standardize", "std_lv_and_all"} & {node.name for node in tree.body if "name" in vars(node)}
        assert not ways or module == home
        if home in own_imports([tree, *tree.body]):
            users.add(module.removeprefix("sexresearch.sem."))
    tables, replicates, gains = "inference.parameter_frame", "resampling.row_values", "after.modification"
    assert {tables, replicates, gains, "partial_least_squares.pls"} <= users


def test_one_function_is_the_delta_method():
    """g'Vg of covariances of estimates: `delta_variances`, or `carried` for all of them together."""
    assert not lines_with(r"@ [\w.]*vcov @|einsum\(.*vcov", {"sexresearch.sem.delta_method"})


def test_one_class_of_draws_and_one_evaluator_of_expressions():
    assert not lines_with(r"^class \w*Draws\b", {"sexresearch.sem.resampling.uncertainty"})
    assert not lines_with(r"\"\*\": .*\"/\": ", {"sexresearch.sem.language.expression"})


def test_files_are_written_in_one_place():
    """crosscheck hands files to R in a temporary folder of its own."""
    writers = {"write_text", "write_bytes", "to_csv", "to_excel", "savefig"}
    for module, tree in TREES.items():
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        to_paths = [call for call in calls if call.args and call.func.attr in writers]
        own = [ast.unparse(call) for call in to_paths if "drawing" not in ast.unparse(call.args[0])]  # in memory
        assert not own or module in {"sexresearch.writing", "sexresearch.sem.engines.crosscheck"}, f"{module}: {own}"


def test_public_dataclasses_are_frozen():
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                used = [text for text in map(ast.unparse, node.decorator_list) if "dataclass" in text]
                assert all("frozen=True" in text for text in used), f"{module}.{node.name} is not frozen"


def test_what_grows_while_data_are_read_is_a_short_list():
    """All other values of the room are frozen; these count and sum pieces of a source until it has been read."""
    growing = {"AnsweredAgain", "Categories", "GroupEnds", "LabelNumbers", "PairCounter", "Reach", "RowCounts"}
    growing |= {"Totals", "UnitTables", "_Recent"}  # counters that change their units; moments that were made last
    for module, tree in TREES.items():
        for node in tree.body if module.startswith("sexresearch.sem.data.") else []:
            if isinstance(node, ast.ClassDef) and node.name not in growing:
                kinds = [ast.unparse(part) for part in (*node.decorator_list, *node.bases)]
                fixed = {"Protocol", "NamedTuple"} & {*kinds} or any("frozen=True" in kind for kind in kinds)
                assert fixed or node.name.startswith("TooMany"), f"{module}.{node.name} can be changed"


def test_options_are_named_not_passed_through():
    for module, tree in TREES.items():
        for function in functions(tree):
            if function.args.kwarg:  # only a decorator that keeps its function's own signature may take them all
                annotation = function.args.kwarg.annotation
                kept = annotation is not None and ast.unparse(annotation) == "P.kwargs"
                assert kept, f"{module}.{function.name} takes **{function.args.kwarg.arg}"


def test_nothing_is_left_for_later():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        left = [word for word in ("TODO", "FIXME", "XXX", "NotImplementedError", "breakpoint(") if word in text]
        assert not left, f"{path.name}: {left}"


def public_names() -> list[tuple[str, str]]:
    rooms = ["sexresearch", *(f"sexresearch.{room}" for room in PUBLIC_ROOMS)]
    return [(room, name) for room in rooms for name in getattr(importlib.import_module(room), "__all__", [])]


def documentation(item: object, name: str) -> str:
    text = inspect.getdoc(item)
    assert text, f"{name} has no docstring"
    return text


def check_annotations(function: object, name: str) -> None:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    missing = [key for key, item in signature.parameters.items() if item.annotation is item.empty]
    assert not [key for key in missing if key not in {"self", "cls"}], f"{name}: no annotation for {missing}"
    assert signature.return_annotation is not signature.empty, f"{name}: no annotation of what it returns"


@pytest.mark.parametrize(("room", "name"), public_names())
def test_public_names_are_documented_and_annotated(room, name):
    item = getattr(importlib.import_module(room), name)
    if inspect.isfunction(item):
        assert ">>>" in documentation(item, name), f"{room}.{name} has no example"
        check_annotations(item, name)
    elif inspect.isclass(item) and item.__module__.startswith("sexresearch"):
        documentation(item, name)
        for key, member in vars(item).items():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if inspect.isfunction(function) and not key.startswith("_"):
                documentation(function, f"{name}.{key}")
                check_annotations(function, f"{name}.{key}")


def test_importing_the_package_stays_light():
    every = "[getattr(sexresearch, name) for name in sexresearch.__all__]"
    code = f"import sys, sexresearch; {every}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_every_column_is_declared_once():
    trees = [tree for module, tree in TREES.items() if module.startswith("sexresearch.glossary")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    lists = [call.args for call in calls if ast.unparse(call.func) == "columns"]
    names = [row.elts[0].value for rows in lists for row in rows if isinstance(row, ast.Tuple)]
    assert len(names) == len(set(names)) > 100
