"""What qpdf makes of files of the corpus: other structures, other versions, and every
encryption there is."""

import shutil

from common import OUT, put, run, work


def qpdf():
    """What qpdf makes of the plain letter of LibreOffice, which has two pages."""
    plain = OUT / "libreoffice/plain.pdf"
    note = work("notat.txt", "hei")
    weak = "--allow-weak-crypto"
    restrict = ["--print=none", "--modify=none", "--extract=n", "--"]
    for name, options in {
        "objstm": ["--object-streams=generate"], "no-objstm": ["--object-streams=disable"], "linear": ["--linearize"], "qdf": ["--qdf"],
        "uncompressed": ["--stream-data=uncompress", "--object-streams=disable"], "split": ["--pages", plain, "1", "--"],
        "rotated": ["--rotate=+90:1"], "twice": ["--pages", plain, plain, "--"],
        "attachment": ["--add-attachment", note, "--filename=notat.txt", "--mimetype=text/plain", "--"],
        "force-1-1": ["--force-version=1.1"], "force-1-0": ["--force-version=1.0"], "min-2-0": ["--min-version=2.0"],
        "rc4-40-both": [weak, "--encrypt", "bruker", "eier", "40", "--"], "rc4-40-owner": [weak, "--encrypt", "", "eier", "40", "--"],
        "rc4-40-restrict": [weak, "--encrypt", "", "", "40", "--print=n", "--modify=n", "--"],
        "rc4-128-both": [weak, "--encrypt", "bruker", "eier", "128", "--use-aes=n", "--"], "rc4-128-owner": [weak, "--encrypt", "", "eier", "128", "--use-aes=n", "--"],
        "rc4-128-v4": [weak, "--encrypt", "", "eier", "128", "--force-V4", "--use-aes=n", "--"],
        "aes-128-both": [weak, "--encrypt", "bruker", "eier", "128", "--use-aes=y", "--"], "aes-128-owner": [weak, "--encrypt", "", "eier", "128", "--use-aes=y", "--"],
        "aes-128-cleartext-metadata": [weak, "--encrypt", "", "eier", "128", "--use-aes=y", "--cleartext-metadata", "--"],
        "aes-128-empty": [weak, "--encrypt", "", "", "128", "--use-aes=y", "--"],
        "aes-256-both": ["--encrypt", "bruker", "eier", "256", "--"], "aes-256-owner": ["--encrypt", "", "eier", "256", "--"],
        "aes-256-user": ["--encrypt", "bruker", "", "256", "--allow-insecure", "--"], "aes-256-same": ["--encrypt", "lik", "lik", "256", "--"],
        "aes-256-empty": ["--encrypt", "", "", "256", "--"], "aes-256-restrict": ["--encrypt", "", "eier", "256", *restrict],
        "aes-256-r5": [weak, "--encrypt", "", "eier", "256", "--force-R5", "--"],
        "aes-256-cleartext-metadata": ["--encrypt", "", "eier", "256", "--cleartext-metadata", "--"],
        "aes-256-objstm": ["--object-streams=generate", "--encrypt", "", "eier", "256", "--"],
        "aes-256-linear": ["--linearize", "--encrypt", "", "eier", "256", "--"],
        "aes-256-all-allowed": ["--encrypt", "", "eier", "256", "--print=full", "--modify=all", "--extract=y", "--"],
    }.items():
        qpdf_make(name, [plain, *options])
    qpdf_make("empty", ["--empty"])
    qpdf_make("form-flattened", [OUT / "python/reportlab-form.pdf", "--generate-appearances", "--flatten-annotations=all"])
    qpdf_make("decrypted", [OUT / "qpdf/aes-256-owner.pdf", "--decrypt"])
    qpdf_make("overlaid", [plain, "--overlay", OUT / "cairo/portrait.pdf", "--"])
    qpdf_make("collected", ["--empty", "--pages", plain, OUT / "ghostscript/1-4.pdf", OUT / "cairo/portrait.pdf", "--"])


def qpdf_make(name, arguments):
    out = work(f"qpdf/{name}.pdf", b" ")
    run("qpdf", "--deterministic-id" if "--encrypt" not in arguments else "--static-id", *arguments, out, ok=(0, 3))
    put(f"qpdf/{name}.pdf", out.read_bytes())


def main():
    shutil.rmtree(OUT / "qpdf", ignore_errors=True)
    qpdf()


if __name__ == "__main__":
    main()
