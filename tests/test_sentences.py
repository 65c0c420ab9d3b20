"""No code reads a sentence to decide anything: what is decided is data, and words are made of it at the very end."""

import ast

import pytest
from test_architecture import TREES

PROSE = {"note", "notes", "reason", "reasons", "sentence", "sentences", "message", "verdict", "why", "told", "error"}
SEARCHED = {"startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "find", "index"}
SEARCHED |= {"contains", "match", "fullmatch", "search"}
SHAPED = {"lower", "strip", "rstrip", "casefold", "capitalize"}  # methods after which a sentence is one still
# Sentences of others, who give nothing else: where a line of a codebook, of a text file or of R is wrong.
FOREIGN = {"sexresearch.survey.codebook": 2, "sexresearch.survey.dialect": 1, "sexresearch.sem.engines.crosscheck": 1}


def texts_of(trees: dict[str, ast.Module]) -> dict[str, str]:
    """Constants of the package that hold a text, by name."""
    texts = {}
    for tree in trees.values():
        for node in tree.body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                texts |= {target.id: value.value for target in targets if isinstance(target, ast.Name)}
    return texts


def is_prose(node: ast.expr) -> bool:
    """Whether an operand is a note, a reason, a sentence or a message, under whatever wrapping."""
    if isinstance(node, ast.Name):
        return node.id in PROSE
    if isinstance(node, ast.Attribute):
        return node.attr in PROSE or (node.attr == "str" and is_prose(node.value))
    if isinstance(node, ast.Subscript):
        return is_prose(node.value) or (isinstance(node.slice, ast.Constant) and node.slice.value in PROSE)
    if not isinstance(node, ast.Call):
        return False
    named = [part.value for part in node.args if isinstance(part, ast.Constant)]
    if isinstance(node.func, ast.Name):
        inner = any(is_prose(part) for part in node.args) if node.func.id in ("str", "repr") else False
        return inner or node.func.id in PROSE or (node.func.id == "getattr" and bool(PROSE & {*named}))
    method = node.func
    if isinstance(method, ast.Attribute):
        return method.attr in PROSE or (method.attr in SHAPED | {"get"} and (is_prose(method.value) or _got(node)))
    return False


def _got(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value in PROSE


def words_in(node: ast.expr, texts: dict[str, str]) -> list[str]:
    """The texts that an operand is, or lists."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.Name):
        return [texts[node.id]] if texts.get(node.id) else []
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [word for part in node.elts for word in words_in(part, texts)]
    return []


def reads_a_sentence(node: ast.AST, texts: dict[str, str]) -> bool:
    """Whether a note is compared with words, or words are looked for in a text."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        words = [word for side in sides for word in words_in(side, texts)]
        listed = isinstance(node.comparators[0], ast.Tuple | ast.Set)
        inside = isinstance(node.ops[0], ast.In | ast.NotIn) and not listed
        phrase = inside and any(" " in word.strip() for word in words_in(node.left, texts))
        return bool(words) and (phrase or any(map(is_prose, sides)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SEARCHED:
        return is_prose(node.func.value) or any(map(is_prose, node.args))
    return False


def readers(trees: dict[str, ast.Module]) -> dict[str, int]:
    """How often each module reads a sentence."""
    texts = texts_of(trees)
    count = {name: sum(reads_a_sentence(node, texts) for node in ast.walk(tree)) for name, tree in trees.items()}
    return {name: n for name, n in count.items() if n}


@pytest.mark.parametrize(
    "line",
    [
        'str(row["verdict"]).startswith("Stands")',
        'str(getattr(row, "verdict", "")).startswith("Not told apart")',
        "NO_WIDTH in found.note(name)",
        "NO_WIDTH in note or NOBODY in note",
        '"read as" in text',
        'note.partition(";")[0]',
        'frame["note"].str.contains("scale")',
        'row.reason == "no draws"',
        're.search(r"line", message)',
        'row.get("note", "").lower().endswith("left out")',
    ],
)
def test_what_reads_a_sentence_is_found(line):
    assert readers({"here": ast.parse(f'NO_WIDTH = "all answers are the same"\nNOBODY = "nobody"\n{line}')})


@pytest.mark.parametrize(
    "line",
    ['verdict.outcome == "holds"', 'note == ""', '"note" in frame', 'kind in ("raw data", "moments")', "name in notes"],
)
def test_what_asks_for_data_is_not_taken_for_reading(line):
    assert not readers({"here": ast.parse(line)})


def test_no_code_reads_a_sentence_to_decide_anything():
    assert readers(TREES) == FOREIGN
