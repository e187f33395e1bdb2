"""Asks the judges (qpdf, poppler, pyHanko) about every file of the corpus, decides by rules
what the verdict must be, and writes facts.csv. Neither our program nor its library has a say.

    facts.py            all files, to ../facts.csv
    facts.py --look     what is seen in the objects of all files but the monsters (run by itself, with limits)

A column `expected` holds alternatives separated by "|": "ok", codes of one verdict joined by
"+", "refused" (any refusal) or "any" (any verdict will do; that there is one counts).
"""

import concurrent.futures
import csv
import hashlib
import json
import os
import re
import resource
import subprocess
import sys

from common import HERE, OUT
from damaged import ORIGINALS

COLUMNS = ["file", "bytes", "sha256", "qpdf_check", "qpdf_pages", "encrypted", "poppler",
           "poppler_pages", "version", "pdfa", "odd_pages", "extreme_pages", "form",
           "pdfsig", "pyhanko", "signed", "signature_fields", "attachments", "actions", "words", "words_sha256", "expected", "reason"]
SECONDS, MEMORY = 8, 3 << 30


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def ask(*argv):
    """Exit code (or "hangs") of a judge, what it answered, and what it complained of."""
    try:
        done = subprocess.run([str(a) for a in argv], timeout=SECONDS, capture_output=True, preexec_fn=limits, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "hangs", "", ""
    return (done.returncode if done.returncode >= 0 else "dies"), done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def facts(path, seen) -> dict:
    body, monster = path.read_bytes(), path.parent.name == "monsters"
    f = {"file": str(path.relative_to(OUT)), "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    pages, count, _ = ask("qpdf", "--show-npages", path)
    f["qpdf_pages"] = count.split()[-1] if pages in (0, 3) and count.split() else ""
    f["poppler"], info, complaint = ask("pdfinfo", *["-l", "100000"][2 * monster:], path)
    f["poppler_pages"] = field(info, r"^Pages:\s+(\d+)")
    if monster:
        return f
    f["qpdf_check"], said, errors = ask("qpdf", "--check", path)
    is_encrypted, _, _ = ask("qpdf", "--is-encrypted", path)
    secret = re.search(r"invalid password|encryption|Incorrect password|Unsupported security handler", said + errors + complaint) or re.search(r"^Encrypted:\s+yes", info, re.M)
    f["encrypted"] = "yes" if is_encrypted == 0 or secret else "no"
    if f["poppler"] == 0:
        words = ask("pdftotext", "-q", path, "-")[1].split()
        f["words"], f["words_sha256"] = len(words), hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]
        f["text"] = words
        f["attachments"] = field(ask("pdfdetach", "-list", path)[1], r"^(\d+) embedded") or 0
        f["papers"] = papers(info)
        signatures = ask("pdfsig", "-nocert", path)[1]
        f["pdfsig"] = len(re.findall(r"^Signature #", signatures, re.M)) - len(re.findall("not signed", signatures))
    f.update(seen.get(f["file"], {}))
    odd(f)
    return f


def field(text, pattern):
    m = re.search(pattern, text, re.M)
    return m[1] if m else ""


def papers(info):
    """Width and height of each page as poppler shows it: its crop box, turned."""
    sizes = re.findall(r"^Page +(\d+) size: +([\d.e+-]+) x ([\d.e+-]+) pts", info, re.M)
    turns = dict(re.findall(r"^Page +(\d+) rot: +(-?\d+)", info, re.M))
    return [(float(h), float(w)) if int(turns.get(n, 0)) % 180 else (float(w), float(h)) for n, w, h in sizes]


def odd(f):
    """Counts the pages that are not A4 upright, three points more or less, and those that are
    no paper: narrower than an inch, longer than A0."""
    units = f.get("units") or []
    sizes = [(w * u, h * u) for (w, h), u in zip(f.get("papers", []), units + [1] * len(f.get("papers", [])))]
    extreme = [s for s in sizes if min(s) < 72 or max(s) > 3400]
    f["extreme_pages"] = len(extreme)
    f["odd_pages"] = sum(s not in extreme and (abs(s[0] - 595.28) > 3 or abs(s[1] - 841.89) > 3) for s in sizes)


def look_at_all():
    """Prints what is seen in each file that is no monster. Some cannot be opened."""
    import pikepdf
    seen = {}
    for path in ordinary():
        try:
            seen[str(path.relative_to(OUT))] = look(path)
        except (pikepdf.PdfError, pikepdf.PasswordError):
            pass
    print(json.dumps(seen))


def look(path) -> dict:
    """What qpdf's library (through pikepdf) and pyHanko see in the objects of one file."""
    import pikepdf
    seen = {"actions": [], "form": "", "signed": 0, "signature_fields": 0}
    with pikepdf.open(path) as pdf:
        root = pdf.Root
        version = max(pdf.pdf_version, str(root.get("/Version", "/0"))[1:])
        seen["version"] = version
        seen["units"] = [float(p.get("/UserUnit", 1)) for p in pdf.pages]
        xmp = bytes(root.Metadata.read_bytes()).decode(errors="replace") if "/Metadata" in root and isinstance(root.Metadata, pikepdf.Stream) else ""
        part = re.search(r"pdfaid:part(?:>|=[\"'])\s*(\d)", xmp)
        level = re.search(r"pdfaid:conformance(?:>|=[\"'])\s*(\w)", xmp)
        seen["pdfa"] = part[1] + (level[1].lower() if level else "") if part else ""
        actions, files = set(), 0
        for o in pdf.objects:
            files += walk(o, actions)
        seen["actions"] = "+".join(sorted(actions))
        seen["files"] = files
        fields = list(terminal(root.get("/AcroForm", {}).get("/Fields", []), None, 0)) if "/AcroForm" in root else []
        kinds = {"fillable" for kind, flags in fields if kind in ("/Tx", "/Ch", "/Btn") and not flags & 1 and not (kind == "/Btn" and flags & 65536)}
        kinds |= {"button" for kind, flags in fields if kind == "/Btn" and flags & 65536}
        kinds |= {"fixed" for kind, flags in fields if kind in ("/Tx", "/Ch", "/Btn") and flags & 1}
        kinds |= {"xfa"} if "/AcroForm" in root and "/XFA" in root.AcroForm else set()
        seen["form"] = "+".join(sorted(kinds))
        seen["signed"] = 1 if "/UR3" in root.get("/Perms", {}) else 0
        encrypted = pdf.is_encrypted
    return seen | signatures(path, seen["signed"], encrypted)


def signatures(path, usage_rights, encrypted) -> dict:
    """How many signatures, and fields for one, pyHanko sees. It reads less than others do."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields
    with open(path, "rb") as f:
        try:
            reader = PdfFileReader(f, strict=False)
            if encrypted:
                reader.decrypt("")
            return {"pyhanko": 0, "signed": usage_rights + len(reader.embedded_signatures), "signature_fields": len(list(enumerate_sig_fields(reader, filled_status=False)))}
        except Exception:  # its own errors, and many of Python's for damaged files
            return {"pyhanko": "cannot read"}


def walk(o, actions, depth=0):
    """Marks the actions in an object and returns how many files it holds; references are
    objects of their own."""
    import pikepdf
    if depth > 20 or (depth and getattr(o, "is_indirect", False)):
        return 0
    if isinstance(o, pikepdf.Array):
        return sum(walk(x, actions, depth + 1) for x in o)
    if not isinstance(o, (pikepdf.Dictionary, pikepdf.Stream)):
        return 0
    kind = str(o.get("/S", ""))
    actions |= {kind[1:]} if kind in ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData") else {"JavaScript"} if kind == "/Rendition" and "/JS" in o else set()
    return ("/EF" in o) + sum(walk(o[k], actions, depth + 1) for k in o.keys())


def terminal(kids, kind, flags, depth=0):
    """Type and flags of every field without fields below it, inherited ones too."""
    for field_ in kids:
        if depth > 20:
            return
        own, bits = field_.get("/FT", kind), int(field_.get("/Ff", flags))
        below = [k for k in field_.get("/Kids", []) if "/T" in k]
        if below:
            yield from terminal(below, own, bits, depth + 1)
        else:
            yield str(own), bits


def by_construction():
    with open(HERE / "construction.tsv", encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return [(re.compile(pattern + r"\.pdf"), expected, reason) for pattern, expected, reason in rows]


def expected(f, body, whole, table):
    """What the verdict must be, and why. The first rule that fits decides."""
    for pattern, verdict, reason in table:
        if pattern.fullmatch(f["file"]):
            return verdict, "by construction: " + reason
    if b"%PDF-" not in body[:65536]:
        return "not-a-pdf", "no %PDF- in the first 65536 bytes"
    if not body.startswith(b"%PDF-"):
        return "pdf-header", "the header is not at the first byte: pyHanko refuses it, other readers differ"
    if f["encrypted"] == "yes":
        return "pdf-encrypted", "qpdf or poppler see a protection"
    if b"%%EOF" not in body[-1024:] or b"%%EOF" not in body[body.rfind(b"startxref"):]:
        return "pdf-cut-off", "no %%EOF in the last 1024 bytes (ISO 32000-1, annex H, note 18): pyHanko refuses it"
    if f["file"].startswith("damaged/"):
        return damaged(f, whole)
    if f["qpdf_pages"] == "0":
        return "pdf-no-pages", "qpdf counts no pages"
    if f["qpdf_check"] == 2 or f["poppler"] != 0:
        return "pdf-damaged", "qpdf or poppler cannot read it"
    if f.get("signed") or f["pdfsig"]:
        return "pdf-signed", "pyHanko or poppler see a signature"
    return by_features(f)


def damaged(f, whole):
    """A damage is harmless where every judge still finds all pages and all words."""
    lost = f["poppler"] != 0 or f["qpdf_check"] == 2 or f["poppler_pages"] != whole["poppler_pages"] or f["qpdf_pages"] != whole["qpdf_pages"] or f.get("text") != whole["text"]
    if lost:
        return "refused", "damaged: pages or words are lost, or a judge cannot read it"
    if f["qpdf_check"] == 0:
        return by_features(f)[0], "qpdf finds no error, poppler all words"
    return "ok|pdf-damaged|pdf-page-damaged", "damaged, but qpdf and poppler repair it without loss"


def by_features(f):
    version, pdfa4 = f.get("version", "1.7"), f.get("pdfa", "").startswith("4")
    if not "1.1" <= version <= "1.7" and not (version == "2.0" and pdfa4):
        return "pdf-version", "version " + version
    warned = {"pdf-version-2"} if version == "2.0" else set()
    warned |= {"pdf-not-a4"} if f["odd_pages"] else set()
    warned |= {"pdf-page-size"} if f["extreme_pages"] else set()
    warned |= {{"JavaScript": "pdf-javascript", "Launch": "pdf-launch", "SubmitForm": "pdf-submit", "ImportData": "pdf-submit"}[a] for a in f.get("actions", "").split("+") if a}
    warned |= {"pdf-form"} if {"fillable", "xfa"} & set(f.get("form", "").split("+")) else set()
    warned |= {"pdf-signature-field"} if f.get("signature_fields") else set()
    warned |= {"pdf-attachment"} if f.get("files") or int(f["attachments"]) else set()
    first = "+".join(sorted(warned)) or "ok"
    if "button" in f.get("form", "") and "pdf-form" not in warned:
        return first + "|" + "+".join(sorted(warned | {"pdf-form"})), "what the judges see in it; a push button is a field that nobody fills in"
    return first, "what the judges see in it"


def ordinary():
    return [path for path in sorted(OUT.glob("*/*.pdf")) if path.parent.name != "monsters"]


def main():
    paths = sorted(OUT.glob("*/*.pdf"))
    seen = json.loads(subprocess.run([sys.executable, __file__, "--look"], timeout=600, stdout=subprocess.PIPE, check=True, preexec_fn=limits).stdout)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda path: facts(path, seen), paths))
    by_name, table = {f["file"]: f for f in found}, by_construction()
    for f, path in zip(found, paths):
        original = ORIGINALS.get(path.name.split("-")[0], "features/version-1-7")
        f["expected"], f["reason"] = expected(f, path.read_bytes(), by_name[original + ".pdf"], table)
    with open(OUT / "facts.csv", "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader(), writer.writerows(found)


if __name__ == "__main__":
    look_at_all() if sys.argv[1:2] == ["--look"] else main()
