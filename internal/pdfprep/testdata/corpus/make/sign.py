"""Signed PDFs by pyHanko: approval, certification, time stamps, sealed and encrypted, and a
field that waits for its signature. The certificates are made here and are worth nothing."""

import datetime
import shutil

from asn1crypto import keys, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from common import OUT, put, work


def certificate(name, usage=None):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2025, 1, 1)
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
               .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=36500))
               .add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True))
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    made = builder.sign(key, hashes.SHA256())
    return (asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER)),
            keys.PrivateKeyInfo.load(key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())))


def signer():
    cert, key = certificate("Prøve Underskriver")
    return signers.SimpleSigner(signing_cert=cert, signing_key=key, cert_registry=SimpleCertificateStore())


def stamper():
    cert, key = certificate("Prøve Tidsstempel", ExtendedKeyUsageOID.TIME_STAMPING)
    return timestamps.DummyTimeStamper(tsa_cert=cert, tsa_key=key)


def sign(name, source, password=None, timestamper=None, new_field=None, times=1, **meta):
    path = OUT / source
    for i in range(times):
        with open(path, "rb") as f:
            writer = IncrementalPdfFileWriter(f, strict=False)
            if password:
                writer.encrypt(password)
            settings = signers.PdfSignatureMetadata(field_name=f"Signatur{i + 1}", **meta)
            out = signers.PdfSigner(settings, SIGNER, timestamper=timestamper, new_field_spec=new_field).sign_pdf(writer)
        path = work(f"pyhanko/{name}-{i}.pdf", out.getvalue())
    put(f"pyhanko/{name}.pdf", path.read_bytes())


def field(name, source, **spec):
    with open(OUT / source, "rb") as f:
        writer = IncrementalPdfFileWriter(f)
        fields.append_signature_field(writer, SigFieldSpec("Signatur1", **spec))
        path = work(f"pyhanko/{name}.pdf", b" ")
        with open(path, "wb") as out:
            writer.write(out)
    put(f"pyhanko/{name}.pdf", path.read_bytes())


def stamp(name, source):
    with open(OUT / source, "rb") as f:
        out = signers.PdfTimeStamper(stamper()).timestamp_pdf(IncrementalPdfFileWriter(f), "sha256")
    put(f"pyhanko/{name}.pdf", out.getvalue())


SIGNER = signer()


def main():
    shutil.rmtree(OUT / "pyhanko", ignore_errors=True)
    plain = "libreoffice/plain.pdf"
    sign("approval", plain)
    sign("approval-visible", plain, new_field=SigFieldSpec("Signatur1", box=(60, 60, 260, 120)))
    sign("approval-twice", plain, times=2)
    sign("certified", plain, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    sign("certified-fill-forms", plain, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
    sign("pades", plain, subfilter=SigSeedSubFilter.PADES)
    sign("pades-time-stamped", plain, subfilter=SigSeedSubFilter.PADES, timestamper=stamper())
    sign("object-streams", "qpdf/objstm.pdf")
    sign("pdfa", "libreoffice/pdfa-2b.pdf", subfilter=SigSeedSubFilter.PADES)
    sign("encrypted", "qpdf/aes-256-owner.pdf", password="eier")
    sign("landscape", "libreoffice/landscape.pdf")
    stamp("document-time-stamp", plain)
    field("empty-field", plain)
    field("empty-field-visible", plain, box=(60, 60, 260, 120))


if __name__ == "__main__":
    main()
