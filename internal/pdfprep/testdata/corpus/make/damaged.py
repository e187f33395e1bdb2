"""Damaged PDFs: what transfers, disks and old programs do to good ones. Each is made of a file
that is in the corpus whole, so that the judges can tell what was lost; `ORIGINAL` says of which."""

import re
import shutil

from common import OUT, put
from pdfbytes import table

ORIGINALS = {"table": "features/version-1-7", "office": "libreoffice/plain", "streams": "qpdf/objstm", "linear": "qpdf/linear", "scan": "scans/ccitt"}


def shifted(body: bytes, by: int) -> bytes:
    """All offsets of a cross-reference table are wrong by so many bytes."""
    return re.sub(rb"(?m)^(\d{10}) (\d{5}) n", lambda m: b"%010d %s n" % (int(m[1]) + by, m[2]), body)


def pointed(body: bytes, by: int) -> bytes:
    """startxref is wrong by so many bytes."""
    at = body.rindex(b"startxref")
    return body[:at] + re.sub(rb"\d+", lambda m: b"%d" % max(0, int(m[0]) + by), body[at:], count=1)


def without_end(body: bytes) -> bytes:
    return body[:body.rindex(b"%%EOF")]


def without_startxref(body: bytes) -> bytes:
    return body[:body.rindex(b"startxref")]


DAMAGE = {
    **{f"cut-at-{percent}": (lambda percent: lambda b: b[:len(b) * percent // 100])(percent) for percent in (10, 30, 60, 90, 99)},
    "no-eof": without_end, "no-startxref": without_startxref,
    "trailing-zeros": lambda b: b + b"\0" * 4096, "trailing-text": lambda b: b + b"\r\n<html>" + b"x" * 2000,
    "junk-before": lambda b: b"HTTP/1.1 200 OK\r\n\r\n" + b, "junk-1000-before": lambda b: b"\n" * 1000 + b, "junk-2000-before": lambda b: b" " * 2000 + b,
    "startxref-off": lambda b: pointed(b, 7), "startxref-zero": lambda b: pointed(b, -10**9), "startxref-beyond": lambda b: pointed(b, 10**9),
    "zeros-inside": lambda b: b[:len(b) // 2] + b"\0" * 512 + b[len(b) // 2 + 512:],
    "text-mode": lambda b: b.replace(b"\n", b"\r\n"),
    "seven-bits": lambda b: bytes(c & 127 for c in b),
    "twice": lambda b: b + b,
}


def tables(body: bytes):
    """Damage that needs a cross-reference table."""
    for by in (1, -1, 10):
        put(f"damaged/table-offsets-{by:+d}.pdf", shifted(body, by))
    put("damaged/table-cr-only.pdf", body.replace(b" \n", b" \r").replace(b"\n", b"\r").replace(b"stream\r", b"stream\n"))  # old Macintoshes
    put("damaged/table-lost.pdf", body[:body.rindex(b"xref\n0")] + b"startxref\n0\n%%EOF\n")
    put("damaged/table-one-entry-zero.pdf", re.sub(rb"(?m)^\d{10} 00000 n", b"0000000000 00000 n", body, count=1))
    put("damaged/table-small-size.pdf", re.sub(rb"/Size \d+", b"/Size 2", body))
    put("damaged/table-no-root.pdf", body.replace(b"/Root 1 0 R", b""))
    put("damaged/table-root-elsewhere.pdf", body.replace(b"/Root 1 0 R", b"/Root 3 0 R"))
    put("damaged/table-no-version.pdf", body.replace(b"%PDF-1.7", b"%PDF-   "))
    put("damaged/table-version-1-9.pdf", body.replace(b"%PDF-1.7", b"%PDF-1.9"))
    for name, old, new in [
            ("length-wrong", rb"/Length \d+", b"/Length 5"), ("length-too-long", rb"/Length \d+", b"/Length 99999"), ("length-missing", rb"/Length \d+", b""),
            ("no-endobj", rb"endobj\n", b""), ("page-missing", rb"/Kids\[3 0 R\]/Count 1", b"/Kids[3 0 R 99 0 R]/Count 2"),
            ("page-null", rb"/Kids\[3 0 R\]/Count 1", b"/Kids[3 0 R null]/Count 2"), ("contents-missing", rb"/Contents 4 0 R", b"/Contents 99 0 R"),
            ("no-media-box", rb"/MediaBox\[.*?\]", b""), ("media-box-words", rb"/MediaBox\[.*?\]", b"/MediaBox[a b c d]"), ("no-type", rb"/Type/Page/", b"/"),
            ("font-missing", rb"/F1 <<.*?>>", b"/F1 99 0 R"), ("no-font", rb"/Resources<<.*?>>>>>>", b"/Resources<<>>")]:
        put(f"damaged/table-{name}.pdf", tabled(re.sub(old, new, body)))


def tabled(body: bytes) -> bytes:
    """A file whose objects were changed, with a table that is right."""
    body = body[:body.rindex(b"xref\n0")]
    return body + table({int(m[1]): m.start() for m in re.finditer(rb"(?m)^(\d+) 0 obj", body)}, len(body))


def flate_errors():
    """One bit of each tenth of a file with compressed streams is turned."""
    body = bytearray((OUT / "libreoffice/plain.pdf").read_bytes())
    for tenth in range(1, 10):
        hurt = bytearray(body)
        hurt[len(hurt) * tenth // 10] ^= 0x10
        put(f"damaged/office-bit-{tenth}.pdf", bytes(hurt))


def main():
    shutil.rmtree(OUT / "damaged", ignore_errors=True)
    for short, original in ORIGINALS.items():
        body = (OUT / f"{original}.pdf").read_bytes()
        for kind, damage in DAMAGE.items():
            if short in ("table", "streams") or kind in ("cut-at-30", "cut-at-60", "cut-at-90", "cut-at-99", "no-eof"):
                put(f"damaged/{short}-{kind}.pdf", damage(body))
    tables((OUT / "features/version-1-7.pdf").read_bytes())
    flate_errors()


if __name__ == "__main__":
    main()
