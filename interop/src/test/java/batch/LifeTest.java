package batch;

import static batch.Samples.KARI;
import static batch.Samples.OLA;
import static batch.Samples.agreement;
import static batch.Samples.byLookup;
import static batch.Samples.person;
import static batch.Samples.plain;
import static batch.Samples.two;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import no.digipost.signature.client.archive.ArchiveClient;
import no.digipost.signature.client.archive.ArchiveOwner;
import no.digipost.signature.client.core.Sender;
import no.digipost.signature.client.core.exceptions.JobCannotBeCancelledException;
import no.digipost.signature.client.core.exceptions.NotCancellableException;
import no.digipost.signature.client.core.exceptions.UnexpectedResponseException;
import no.digipost.signature.client.portal.PortalClient;
import no.digipost.signature.client.portal.PortalJob;
import no.digipost.signature.client.portal.PortalJobStatus;
import no.digipost.signature.client.portal.PortalJobStatusChanged;
import no.digipost.signature.client.portal.PortalSigner;
import no.digipost.signature.client.portal.SignatureStatus;
import no.digipost.signature.client.portal.SignerIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How jobs end, and what can be fetched, cancelled and deleted on the way. Each test has a sandbox, and a clock, of its own. */
class LifeTest {

    private Sandbox sandbox;
    private PortalClient client;

    @BeforeEach
    void start() {
        sandbox = Sandbox.start("--no-limits", "--poll-interval", "1ms");
        client = sandbox.client();
    }

    @AfterEach
    void stop() {
        sandbox.close();
    }

    @Test
    void orderGroupsSignOneAfterTheOtherEachWithATimeOfItsOwn() throws IOException {
        long job = client.create(two(1, 2).availableFor(Duration.ofDays(2)).build()).getSignatureJobId();
        sandbox.advance(Duration.ofHours(36));
        sandbox.sign(job, 1);

        var half = changeOf(job, PortalJobStatus.IN_PROGRESS);
        assertStatus(half, KARI, SignatureStatus.SIGNED);
        assertStatus(half, OLA, SignatureStatus.WAITING);
        assertNull(half.getSignatureFrom(person(OLA)).getxAdESUrl());
        assertPAdES(half);
        client.confirm(half);

        sandbox.advance(Duration.ofHours(36)); // later than two days after the creation
        sandbox.sign(job, 2);
        var whole = changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY);
        assertStatus(whole, KARI, SignatureStatus.SIGNED);
        assertStatus(whole, OLA, SignatureStatus.SIGNED);
        client.confirm(whole);
    }

    @Test
    void oneWhoRejectsEndsTheJobForAll() {
        long job = client.create(two(0, 0).build()).getSignatureJobId();
        sandbox.reject(job, 1);
        var failed = changeOf(job, PortalJobStatus.FAILED);
        assertStatus(failed, KARI, SignatureStatus.REJECTED);
        assertStatus(failed, OLA, SignatureStatus.NOT_APPLICABLE);
        assertFalse(failed.isPAdESAvailable());
        client.confirm(failed);
    }

    @Test
    void timeEndsTheJob() {
        long job = client.create(plain().availableFor(Duration.ofDays(14)).build()).getSignatureJobId();
        sandbox.advance(Duration.ofDays(14));
        assertStatus(changeOf(job, PortalJobStatus.FAILED), KARI, SignatureStatus.EXPIRED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RESERVED", "CONTACT_INFORMATION_MISSING", "BLOCKED", "SIGNERS_NAME_NOT_AVAILABLE", "GONE_FISHING"})
    void statusesKnownAndUnknownAreRead(String status) {
        long job = client.create(plain().build()).getSignatureJobId();
        sandbox.fail(job, 1, status);
        var signature = changeOf(job, PortalJobStatus.FAILED).getSignatureFrom(person(KARI));
        assertEquals(status, signature.getStatus().getIdentifier());
        assertTrue(Duration.between(signature.getStatusDateTime(), Instant.now()).abs().compareTo(Duration.ofMinutes(1)) < 0);
    }

    @Test
    void nobodySignsBeforeTheActivation() {
        long job = client.create(plain().withActivationTime(Instant.now().plus(Duration.ofDays(3))).build()).getSignatureJobId();
        assertThrows(AssertionError.class, () -> sandbox.sign(job, 1));
        sandbox.advance(Duration.ofDays(3));
        sandbox.sign(job, 1);
        changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY);
    }

    @Test
    void cancelledInTime() {
        var created = client.create(two(1, 2).build());
        client.cancel(created);
        var failed = changeOf(created.getSignatureJobId(), PortalJobStatus.FAILED);
        assertStatus(failed, KARI, SignatureStatus.CANCELLED);
        assertStatus(failed, OLA, SignatureStatus.CANCELLED);
        assertThrows(NotCancellableException.class, () -> client.cancel(failed), "no address to cancel what is over");
        client.confirm(failed);
    }

    @Test
    void cancelledHalfWayAsTheChangeOffers() {
        long job = client.create(two(1, 2).build()).getSignatureJobId();
        sandbox.sign(job, 1);
        client.cancel(changeOf(job, PortalJobStatus.IN_PROGRESS));
        var failed = changeOf(job, PortalJobStatus.FAILED);
        assertStatus(failed, KARI, SignatureStatus.SIGNED);
        assertStatus(failed, OLA, SignatureStatus.CANCELLED);
    }

    @Test
    void cancelledTooLate() {
        var created = client.create(plain().build());
        sandbox.signAll(created.getSignatureJobId());
        assertThrows(JobCannotBeCancelledException.class, () -> client.cancel(created));
        changeOf(created.getSignatureJobId(), PortalJobStatus.COMPLETED_SUCCESSFULLY);
    }

    @Test
    void whatIsNotConfirmedComesAgainAndThenIsGone() {
        long job = client.create(plain().build()).getSignatureJobId();
        sandbox.signAll(job);
        changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY);
        assertEquals(PortalJobStatus.NO_CHANGES, client.getStatusChange().getStatus());
        sandbox.advance(Duration.ofMinutes(10));
        var again = changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY);
        client.confirm(again);
        sandbox.advance(Duration.ofMinutes(10));
        assertEquals(PortalJobStatus.NO_CHANGES, client.getStatusChange().getStatus());
        assertEquals(410, refused(() -> client.getPAdES(again.getpAdESUrl())).httpStatusCode());
    }

    @Test
    void documentsAreDeletedOnRequestAfterADay() throws IOException {
        long job = client.create(plain().build()).getSignatureJobId();
        sandbox.signAll(job);
        assertNull(changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY).getDeleteDocumentsUrl());
        sandbox.advance(Duration.ofHours(24));
        var later = changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY);
        assertPAdES(later);
        client.deleteDocuments(later.getDeleteDocumentsUrl());
        assertEquals(404, refused(() -> client.getPAdES(later.getpAdESUrl())).httpStatusCode());
        assertEquals(404, refused(() -> client.getXAdES(later.getSignatureFrom(person(KARI)).getxAdESUrl())).httpStatusCode());
        client.confirm(later);
    }

    @Test
    void documentsAreNotKeptForever() {
        long job = client.create(plain().build()).getSignatureJobId();
        sandbox.signAll(job);
        sandbox.advance(Duration.ofDays(40));
        assertFalse(changeOf(job, PortalJobStatus.COMPLETED_SUCCESSFULLY).isPAdESAvailable());
    }

    @Test
    void twoWhoAreIdentifiedByContactInformationAreToldApart() {
        var job = PortalJob.builder("Avtale", List.of(agreement("Avtale")), List.of(
                PortalSigner.identifiedByEmail("kari@example.com").build(), byLookup(OLA).build())).build();
        long id = client.create(job).getSignatureJobId();
        sandbox.sign(id, 1);
        var change = changeOf(id, PortalJobStatus.IN_PROGRESS);
        assertEquals(SignatureStatus.SIGNED, change.getSignatureFrom(SignerIdentifier.identifiedByEmailAddress("kari@example.com")).getStatus());
        assertStatus(change, OLA, SignatureStatus.WAITING);
    }

    @Test
    void longTermStorageKeepsTheDocument() throws IOException {
        try (Sandbox keeping = Sandbox.start("--no-limits", "--long-term-storage")) {
            PortalClient customer = keeping.client();
            long job = customer.create(plain().build()).getSignatureJobId();
            keeping.signAll(job);
            customer.confirm(customer.getStatusChange());
            var owner = ArchiveOwner.of(new Sender(Sandbox.ORGANIZATION));
            try (var archived = new ArchiveClient(keeping.configuration().build()).getPAdES(owner, Long.toString(job))) {
                assertArrayEquals("%PDF-".getBytes(), archived.readNBytes(5));
            }
        }
    }

    /** The next change of the queue, which must be of this job and have this status. */
    private PortalJobStatusChanged changeOf(long job, PortalJobStatus status) {
        var change = client.getStatusChange();
        assertEquals(status, change.getStatus());
        assertEquals(job, change.getSignatureJobId());
        return change;
    }

    private static void assertStatus(PortalJobStatusChanged change, String number, SignatureStatus status) {
        assertEquals(status, change.getSignatureFrom(person(number)).getStatus());
    }

    private void assertPAdES(PortalJobStatusChanged change) throws IOException {
        try (var pades = client.getPAdES(change.getpAdESUrl())) {
            long announced = pades.getContentLength();
            byte[] document = pades.readAllBytes();
            assertEquals(announced, document.length);
            assertTrue(new String(document, 0, 5).equals("%PDF-") && document.length > 10_000, "a whole PDF is expected");
        }
    }

    private static UnexpectedResponseException refused(Executable call) {
        return assertThrows(UnexpectedResponseException.class, call);
    }
}
