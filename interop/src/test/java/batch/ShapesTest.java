package batch;

import static batch.Samples.EMAIL;
import static batch.Samples.KARI;
import static batch.Samples.MOBILE;
import static batch.Samples.OLA;
import static batch.Samples.agreement;
import static batch.Samples.byLookup;
import static batch.Samples.person;
import static batch.Samples.plain;
import static batch.Samples.terms;
import static batch.Samples.two;
import static no.digipost.signature.client.portal.SignerIdentifier.identifiedByEmailAddress;
import static no.digipost.signature.client.portal.SignerIdentifier.identifiedByEmailAddressAndMobileNumber;
import static no.digipost.signature.client.portal.SignerIdentifier.identifiedByMobileNumber;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Named.named;

import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.parsers.DocumentBuilderFactory;
import no.digipost.signature.client.core.AuthenticationLevel;
import no.digipost.signature.client.core.IdentifierInSignedDocuments;
import no.digipost.signature.client.core.OnBehalfOf;
import no.digipost.signature.client.core.PollingQueue;
import no.digipost.signature.client.core.Sender;
import no.digipost.signature.client.core.SignatureType;
import no.digipost.signature.client.portal.Notifications;
import no.digipost.signature.client.portal.NotificationsUsingLookup;
import no.digipost.signature.client.portal.PortalClient;
import no.digipost.signature.client.portal.PortalDocument;
import no.digipost.signature.client.portal.PortalJob;
import no.digipost.signature.client.portal.PortalJobStatus;
import no.digipost.signature.client.portal.PortalSigner;
import no.digipost.signature.client.portal.SignatureStatus;
import no.digipost.signature.client.portal.SignerIdentifier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every shape of job that the client can make is created, signed, polled, downloaded and confirmed. */
class ShapesTest {

    private static final String CUSTOMER = "910940066"; // for whom the sandbox's client may send as a broker

    private static Sandbox sandbox;

    /** A job, and whom its status change must speak of. */
    record Shape(PortalJob.Builder job, SignerIdentifier... signers) {
    }

    @BeforeAll
    static void start() {
        sandbox = Sandbox.start("--no-limits", "--brokers", CUSTOMER);
    }

    @AfterAll
    static void stop() {
        sandbox.close();
    }

    static Stream<Named<Shape>> shapes() {
        return Stream.of(signers(), choices(), documents()).flatMap(shapes -> shapes);
    }

    /** The ways to identify and to notify a signer. */
    private static Stream<Named<Shape>> signers() {
        var byEmail = Notifications.builder().withEmailTo(EMAIL).build();
        var byMobile = Notifications.builder().withSmsTo(MOBILE).build();
        var byBoth = Notifications.builder().withEmailTo(EMAIL).withSmsTo(MOBILE).build();
        return Stream.of(
                one("number, look-up", byLookup(KARI), person(KARI)),
                one("number, look-up with SMS", numbered(NotificationsUsingLookup.EMAIL_AND_SMS), person(KARI)),
                one("number, e-mail given", numbered(byEmail), person(KARI)),
                one("number, mobile given", numbered(byMobile), person(KARI)),
                one("number, both given", numbered(byBoth), person(KARI)),
                one("e-mail", PortalSigner.identifiedByEmail(EMAIL), identifiedByEmailAddress(EMAIL)),
                one("mobile", PortalSigner.identifiedByMobileNumber(MOBILE), identifiedByMobileNumber(MOBILE)),
                one("e-mail and mobile", PortalSigner.identifiedByEmailAndMobileNumber(EMAIL, MOBILE),
                        identifiedByEmailAddressAndMobileNumber(EMAIL, MOBILE)),
                one("on behalf of self", byLookup(KARI).onBehalfOf(OnBehalfOf.SELF), person(KARI)),
                one("on behalf of another", numbered(byEmail).onBehalfOf(OnBehalfOf.OTHER), person(KARI)),
                one("authenticated signature", byLookup(KARI).withSignatureType(SignatureType.AUTHENTICATED_SIGNATURE), person(KARI)),
                one("advanced signature", byLookup(KARI).withSignatureType(SignatureType.ADVANCED_SIGNATURE), person(KARI)),
                shape("two in parallel", two(0, 0), person(KARI), person(OLA)),
                shape("one after the other", two(1, 2), person(KARI), person(OLA)));
    }

    /** What a job can say beside its signers. */
    private static Stream<Named<Shape>> choices() {
        return Stream.of(
                shape("authentication level 3", plain().requireAuthentication(AuthenticationLevel.THREE), person(KARI)),
                shape("authentication level 4", plain().requireAuthentication(AuthenticationLevel.FOUR), person(KARI)),
                shape("identified by number", identifiedBy(IdentifierInSignedDocuments.PERSONAL_IDENTIFICATION_NUMBER_AND_NAME), person(KARI)),
                shape("identified by birth date", identifiedBy(IdentifierInSignedDocuments.DATE_OF_BIRTH_AND_NAME), person(KARI)),
                shape("identified by name", identifiedBy(IdentifierInSignedDocuments.NAME), person(KARI)),
                shape("activated in the past", plain().withActivationTime(Instant.now().minusSeconds(3600)), person(KARI)),
                shape("available for a while", plain().availableFor(Duration.ofHours(12)), person(KARI)),
                shape("available for 90 days", plain().availableFor(Duration.ofDays(90)), person(KARI)),
                shape("nonsensitive title", plain().withNonsensitiveTitle("Et dokument fra kommunen"), person(KARI)),
                shape("description", plain().withDescription("Les nøye <før> du signerer & svar «ja»"), person(KARI)),
                shape("reference as UUID", plain().withReference(UUID.randomUUID()), person(KARI)),
                shape("polling queue", plain().withSender(new Sender(Sandbox.ORGANIZATION, PollingQueue.of("utsending"))), person(KARI)),
                shape("a broker's customer", plain().withSender(new Sender(CUSTOMER)), person(KARI)),
                shape("a broker's customer, with a queue", plain().withSender(new Sender(CUSTOMER, PollingQueue.of("utsending"))), person(KARI)));
    }

    /** Documents and their titles; the client makes file names of the titles. */
    private static Stream<Named<Shape>> documents() {
        return Stream.of(
                shape("several documents", PortalJob.builder("Ansettelse", List.of(agreement("Avtale"), terms("Vilkår"), terms("Mer & <mer>")),
                        List.of(byLookup(KARI).build())), person(KARI)),
                shape("titles in Norwegian", PortalJob.builder("Ærlig øving på ål", agreement("Ærlig øving på ål"), byLookup(KARI).build()), person(KARI)),
                shape("titles as long as can be", PortalJob.builder("Ø".repeat(80), agreement("å".repeat(40)), byLookup(KARI).build()), person(KARI)),
                shape("ten signers and twenty documents", most(), Stream.generate(() -> person(KARI)).limit(10).toArray(SignerIdentifier[]::new)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void goesThroughItsWholeLife(Shape shape) throws Exception {
        PortalClient client = sandbox.client();
        PortalJob job = shape.job.build();
        Sender sender = job.getSender().orElse(new Sender(Sandbox.ORGANIZATION));

        var created = client.create(job);
        assertEquals(job.getReference(), created.getReference());
        assertTrue(created.getSignatureJobId() > 0);

        sandbox.signAll(created.getSignatureJobId());
        var change = client.getStatusChange(sender);
        assertEquals(created.getSignatureJobId(), change.getSignatureJobId());
        assertEquals(job.getReference(), change.getReference());
        assertEquals(PortalJobStatus.COMPLETED_SUCCESSFULLY, change.getStatus());
        assertEquals(shape.signers.length, change.getSignatures().size());
        for (SignerIdentifier signer : shape.signers) {
            var signature = change.getSignatureFrom(signer);
            assertEquals(SignatureStatus.SIGNED, signature.getStatus());
            try (var xades = client.getXAdES(signature.getxAdESUrl())) {
                assertEquals(1, signaturesIn(xades));
            }
        }
        try (var pades = client.getPAdES(change.getpAdESUrl())) {
            assertArrayEquals("%PDF-".getBytes(), pades.readNBytes(5));
        }
        assertNull(change.getDeleteDocumentsUrl(), "offered 24 hours after the end at the earliest");
        client.confirm(change);
    }

    private static int signaturesIn(InputStream xades) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(xades).getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").getLength();
    }

    private static Named<Shape> shape(String name, PortalJob.Builder job, SignerIdentifier... signers) {
        return named(name, new Shape(job, signers));
    }

    private static Named<Shape> one(String name, PortalSigner.Builder signer, SignerIdentifier expected) {
        return shape(name, PortalJob.builder("Arbeidsavtale", agreement("Arbeidsavtale"), signer.build()).withReference(name), expected);
    }

    private static PortalSigner.Builder numbered(Notifications how) {
        return PortalSigner.identifiedByPersonalIdentificationNumber(KARI, how);
    }

    private static PortalSigner.Builder numbered(NotificationsUsingLookup how) {
        return PortalSigner.identifiedByPersonalIdentificationNumber(KARI, how);
    }

    private static PortalJob.Builder identifiedBy(IdentifierInSignedDocuments identifier) {
        return plain().withIdentifierInSignedDocuments(identifier);
    }

    /** As many signers and documents as the portal takes, in as many order groups as there can be. */
    private static PortalJob.Builder most() {
        List<PortalSigner> signers = Stream.iterate(0, order -> order + 1).limit(10).map(order -> byLookup(KARI).withOrder(order).build()).toList();
        List<PortalDocument> documents = Stream.generate(() -> terms("Vilkår")).limit(20).toList();
        return PortalJob.builder("Alt", documents, signers);
    }
}
