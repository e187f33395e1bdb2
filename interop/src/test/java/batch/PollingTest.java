package batch;

import static batch.Samples.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import no.digipost.signature.client.core.PollingQueue;
import no.digipost.signature.client.core.Sender;
import no.digipost.signature.client.core.exceptions.JobCannotBeCancelledException;
import no.digipost.signature.client.core.exceptions.TooEagerPollingException;
import no.digipost.signature.client.core.exceptions.UnexpectedResponseException;
import no.digipost.signature.client.portal.PortalClient;
import no.digipost.signature.client.portal.PortalJobResponse;
import no.digipost.signature.client.portal.PortalJobStatus;
import org.junit.jupiter.api.Test;

/** Queues, permitted poll times, and the two kinds of 429. */
class PollingTest {

    private static final Sender FIRST = new Sender(Sandbox.ORGANIZATION, PollingQueue.of("første"));
    private static final Sender SECOND = new Sender(Sandbox.ORGANIZATION, PollingQueue.of("andre & siste"));

    @Test
    void eachQueueHasItsOwnChanges() {
        try (Sandbox sandbox = Sandbox.start("--no-limits")) {
            PortalClient client = sandbox.client();
            long first = client.create(plain().withSender(FIRST).build()).getSignatureJobId();
            long second = client.create(plain().withSender(SECOND).build()).getSignatureJobId();
            long other = client.create(plain().build()).getSignatureJobId();
            for (long job : new long[] {first, second, other}) {
                sandbox.signAll(job);
            }
            assertEquals(second, client.getStatusChange(SECOND).getSignatureJobId());
            assertEquals(first, client.getStatusChange(FIRST).getSignatureJobId());
            assertEquals(other, client.getStatusChange().getSignatureJobId());
            assertEquals(PortalJobStatus.NO_CHANGES, client.getStatusChange(FIRST).getStatus());
        }
    }

    @Test
    void anEmptyQueueSaysWhenToComeAgain() throws InterruptedException {
        try (Sandbox sandbox = Sandbox.start("--no-limits", "--poll-interval", "2s")) {
            PortalClient client = sandbox.client();
            Instant before = Instant.now();
            var empty = client.getStatusChange();
            Instant permitted = empty.getNextPermittedPollTime();
            assertEquals(PortalJobStatus.NO_CHANGES, empty.getStatus());
            assertTrue(permitted.isAfter(before.plusMillis(1900)), "permitted at " + permitted + ", asked at " + before);

            assertThrows(TooEagerPollingException.class, client::getStatusChange);
            assertEquals(PortalJobStatus.NO_CHANGES, client.getStatusChange(FIRST).getStatus(), "another queue may be polled");

            Thread.sleep(Math.max(0, Duration.between(Instant.now(), permitted).toMillis() + 1)); // what a client does
            assertEquals(PortalJobStatus.NO_CHANGES, client.getStatusChange().getStatus());
        }
    }

    @Test
    void afterAChangeTheNextPollMayFollowAtOnce() {
        try (Sandbox sandbox = Sandbox.start("--no-limits", "--poll-interval", "1h")) {
            PortalClient client = sandbox.client();
            for (int i = 0; i < 3; i++) {
                sandbox.signAll(client.create(plain().build()).getSignatureJobId());
            }
            for (int i = 0; i < 3; i++) {
                var change = client.getStatusChange();
                assertTrue(!change.getNextPermittedPollTime().isAfter(Instant.now().plusSeconds(1)));
                client.confirm(change);
            }
            assertTrue(client.getStatusChange().getNextPermittedPollTime().isAfter(Instant.now().plusSeconds(3000)));
        }
    }

    /** The block has neither poll time nor error document. The client tries again after a second, in vain, before it gives up. */
    @Test
    void whoIsTooFastIsBlocked() {
        try (Sandbox sandbox = Sandbox.start()) {
            PortalClient client = sandbox.client();
            var created = client.create(plain().build());
            client.cancel(created);
            assertTrue(IntStream.range(0, 200).parallel().anyMatch(i -> isBlocked(client, created)), "two hundred calls were all let through");
            assertThrows(TooEagerPollingException.class, client::getStatusChange, "blocked for every call");
        }
    }

    /** Makes a call that is refused in any case, as quickly as can be. */
    private static boolean isBlocked(PortalClient client, PortalJobResponse cancelled) {
        try {
            client.cancel(cancelled);
        } catch (JobCannotBeCancelledException letThrough) {
            return false;
        } catch (UnexpectedResponseException e) {
            return e.isHttpStatusCode(429);
        }
        return fail("a job was cancelled twice");
    }
}
