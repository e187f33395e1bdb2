"""Reads a list (lists/*.txt) for the Python writers: see README.md for its words."""


def read(path):
    """Yields each line's words, with \\n, \\r, \\t and \\s made the characters they stand for."""
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                yield [unescape(word) for word in line.rstrip("\n").split("\t")]


def unescape(word):
    for written, meant in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\s", " ")):
        word = word.replace(written, meant)
    return word
