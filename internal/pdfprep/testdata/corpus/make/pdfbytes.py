"""Writes PDFs byte by byte, right or wrong on purpose, with nothing but Python's own library.

Objects are numbered from 1 in the order they are given; 1 is the catalogue and 2 the page
tree. Everything is bytes: a hostile file is not text.
"""

import zlib

A4 = b"0 0 595.28 841.89"
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def stream(entries: bytes, body: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(body), body)


def flate(entries: bytes, body: bytes) -> bytes:
    return stream(entries + b"/Filter/FlateDecode", zlib.compress(body, 9))


def assemble(objects, version=b"1.7", trailer=b"", numbers=None, size=None) -> bytes:
    """Header, objects, cross-reference table, trailer."""
    out, offsets = bytearray(b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version), {}
    for number, body in zip(numbers or range(1, len(objects) + 1), objects):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out) + table(offsets, len(out), trailer, size)


def table(offsets: dict, at: int, trailer=b"", size=None) -> bytes:
    """A cross-reference table that stands at the byte `at`, and the end of the file."""
    out = b"xref\n0 1\n0000000000 65535 f \n"
    run = []
    for number in sorted(offsets) + [None]:
        if run and number != run[-1] + 1:
            out += b"%d %d\n" % (run[0], len(run)) + b"".join(b"%010d 00000 n \n" % offsets[n] for n in run)
            run = []
        run.append(number)
    size = size if size is not None else max(offsets) + 1
    return out + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, at)


def page_content(text: bytes, size=12) -> bytes:
    text = text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F1 %d Tf 72 720 Td (%s) Tj ET" % (size, text)


def letter_objects(texts, catalog=b"", page=b"", extra=(), media=A4, font=HELVETICA, content=None, resources=b"", pages=b""):
    """Catalogue, page tree, `extra` from number 3 on, then page and content for each text."""
    first = 3 + len(extra)
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(texts)))
    tail = []
    for i, text in enumerate(texts):
        tail.append(b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %d 0 R/Resources<</Font<</F1 %s>>%s>>%s>>"
                    % (media, first + 2 * i + 1, font, resources, page))
        tail.append(stream(b"", page_content(text)) if content is None else content)
    head = [b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
            b"<</Type/Pages/Kids[%s]/Count %d%s>>" % (kids, len(texts), pages)]
    return head + list(extra) + tail


def letter(*texts, version=b"1.7", trailer=b"", **more) -> bytes:
    return assemble(letter_objects(texts, **more), version, trailer)


def number(n: int, width: int) -> bytes:
    return n.to_bytes(width, "big")


def packed(objects, plain=(), trailer=b"", per_stream=None, version=b"1.7", w=(1, 4, 2)) -> bytes:
    """Like assemble, with a cross-reference stream (ISO 32000-1, 7.5.8). Objects whose numbers
    are in `plain`, and streams, stand by themselves; all others in object streams (7.5.7)."""
    plain = set(plain) | {i + 1 for i, o in enumerate(objects) if b"stream\n" in o[:4000] and o.endswith(b"endstream")}
    inside = [i + 1 for i in range(len(objects)) if i + 1 not in plain]
    per_stream = per_stream or max(1, len(inside))
    rows, out = {0: (0, 0, 65535)}, bytearray(b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version)
    for n in sorted(plain):
        rows[n] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (n, objects[n - 1])
    next_number = len(objects) + 1
    for start in range(0, len(inside), per_stream):
        members = inside[start:start + per_stream]
        rows[next_number] = (1, len(out), 0)
        for i, n in enumerate(members):
            rows[n] = (2, next_number, min(i, 256 ** w[2] - 1))
        out += b"%d 0 obj\n%s\nendobj\n" % (next_number, object_stream([(n, objects[n - 1]) for n in members]))
        next_number += 1
    return xref_stream_end(out, rows, next_number, trailer, w)


def object_stream(members, entries=b"") -> bytes:
    head, body = bytearray(), bytearray()
    for n, o in members:
        head += b"%d %d " % (n, len(body))
        body += o + b"\n"
    return flate(b"/Type/ObjStm/N %d/First %d%s" % (len(members), len(head), entries), bytes(head + body))


def xref_stream_end(out: bytearray, rows: dict, own: int, trailer=b"", w=(1, 4, 2)) -> bytes:
    at = len(out)
    rows[own] = (1, at, 0)
    table_ = b"".join(b"".join(number(v, width) for v, width in zip(rows.get(n, (0, 0, 0)), w)) for n in range(own + 1))
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        own, flate(b"/Type/XRef/Size %d/Root 1 0 R/W[%d %d %d]%s" % (own + 1, *w, trailer), table_), at)
    return bytes(out)


def zeros(megabytes: int, level=2) -> bytes:
    """What unpacks, `level` times, to so many megabytes of zeros (spaces at level 1 and more
    would do as well). Repeats one packed megabyte, which is the same wherever it stands."""
    packer = zlib.compressobj(9)
    mega = b" " * (1 << 20)
    first = packer.compress(mega) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(mega) + packer.flush(zlib.Z_FULL_FLUSH)
    body = first + again * (megabytes - 1)
    for _ in range(level - 1):
        body = zlib.compress(body, 9)
    return body
