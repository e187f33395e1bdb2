package batch;

import static batch.Samples.KARI;
import static batch.Samples.agreement;
import static batch.Samples.byLookup;
import static batch.Samples.plain;
import static batch.Samples.terms;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Named.named;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import no.digipost.signature.client.ServiceEnvironment;
import no.digipost.signature.client.core.DocumentType;
import no.digipost.signature.client.core.Sender;
import no.digipost.signature.client.core.SignatureType;
import no.digipost.signature.client.core.exceptions.BrokerNotAuthorizedException;
import no.digipost.signature.client.core.exceptions.HttpIOException;
import no.digipost.signature.client.core.exceptions.SignatureException;
import no.digipost.signature.client.core.exceptions.UnexpectedResponseException;
import no.digipost.signature.client.portal.PortalClient;
import no.digipost.signature.client.portal.PortalDocument;
import no.digipost.signature.client.portal.PortalJob;
import no.digipost.signature.client.security.KeyStoreConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the sandbox refuses, the client understands: its error documents, and who may not call at all. */
class RefusalsTest {

    private static final String STRANGER = "910940066"; // for whom the sandbox's client may not send

    private static Sandbox sandbox;

    @BeforeAll
    static void start() {
        sandbox = Sandbox.start("--no-limits");
    }

    @AfterAll
    static void stop() {
        sandbox.close();
    }

    static Stream<Named<PortalJob>> wrongJobs() {
        PortalDocument notAPDF = PortalDocument.builder("Avtale", "Hei!".getBytes()).build();
        PortalDocument text = PortalDocument.builder("Avtale", "Hei!".getBytes()).type(DocumentType.TXT).build();
        var advanced = byLookup(KARI).withSignatureType(SignatureType.ADVANCED_SIGNATURE);
        return Stream.of(
                named("no PDF", PortalJob.builder("Avtale", notAPDF, byLookup(KARI).build()).build()),
                named("plain text", PortalJob.builder("Avtale", text, byLookup(KARI).build()).build()),
                named("advanced, two documents", PortalJob.builder("Avtale", List.of(agreement("Avtale"), terms("Vilkår")), List.of(advanced.build())).build()),
                named("91 days", plain().availableFor(Duration.ofDays(91)).build()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongJobs")
    void aWrongJobGetsAnErrorDocument(PortalJob job) {
        var refusal = assertThrows(UnexpectedResponseException.class, () -> sandbox.client().create(job));
        assertEquals(400, refusal.httpStatusCode());
        assertTrue(refusal.getErrorCode().startsWith("INVALID_"), refusal.getErrorCode());
        assertTrue(refusal.getErrorMessage().length() > 10, refusal.getErrorMessage());
        assertEquals("CLIENT", refusal.getErrorType());
    }

    @Test
    void aBrokerSendsOnlyForThoseWhoLetIt() {
        PortalClient client = sandbox.client();
        assertThrows(BrokerNotAuthorizedException.class, () -> client.create(plain().withSender(new Sender(STRANGER)).build()));
        assertThrows(BrokerNotAuthorizedException.class, () -> client.getStatusChange(new Sender(STRANGER)));
    }

    @Test
    void aCustomerWhoIsNoneIsToldSo() {
        sandbox.faults("[{\"when\": {\"call\": \"create\"}, \"do\": \"refuse:NOT_AUTHORIZED\"}]");
        var refusal = assertThrows(UnexpectedResponseException.class, () -> sandbox.client().create(plain().build()));
        sandbox.faults("[]");
        assertEquals(403, refusal.httpStatusCode());
        assertTrue(refusal.isErrorCode("NOT_AUTHORIZED"), refusal.getErrorCode());
    }

    /** The client itself insists on Posten's organization number, and the sandbox has it. */
    @Test
    void theServerIsWhoItSays() {
        sandbox.client().create(plain().build());
        PortalClient suspicious = new PortalClient(sandbox.configuration().serverOrganizationNumber(STRANGER).build());
        var untrusted = assertThrows(HttpIOException.class, () -> suspicious.create(plain().build()));
        assertTrue(untrusted.getMessage().contains("Untrusted server certificate"), untrusted.getMessage());
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrusted() {
        PortalClient real = new PortalClient(sandbox.configuration()
                .serviceEnvironment(environment -> ServiceEnvironment.PRODUCTION.withServiceUrl(environment.signatureServiceRootUrl())).build());
        assertThrows(SignatureException.class, () -> real.create(plain().build()));
    }

    @Test
    void aCertificateOfAnotherAuthorityIsTurnedAway(@TempDir Path folder) throws IOException, InterruptedException {
        Path p12 = folder.resolve("stranger.p12");
        int status = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-keyalg", "RSA",
                "-dname", "CN=STRANGER, SERIALNUMBER=" + Sandbox.ORGANIZATION + ", C=NO", "-storetype", "PKCS12", "-storepass", "changeit",
                "-keystore", p12.toString()).start().waitFor();
        assertEquals(0, status, "keytool");
        try (InputStream in = Files.newInputStream(p12)) {
            PortalClient stranger = new PortalClient(sandbox.configuration(KeyStoreConfig.fromOrganizationCertificate(in, "changeit")).build());
            String before = sandbox.calls();
            assertThrows(RuntimeException.class, stranger::getStatusChange); // which one depends on how far the call had come
            assertEquals(before, sandbox.calls(), "nothing of the call may arrive");
        }
    }
}
