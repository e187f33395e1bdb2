package batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import no.digipost.signature.client.portal.NotificationsUsingLookup;
import no.digipost.signature.client.portal.PortalDocument;
import no.digipost.signature.client.portal.PortalJob;
import no.digipost.signature.client.portal.PortalSigner;
import no.digipost.signature.client.portal.SignerIdentifier;

/** Documents and people that the tests send. The people are synthetic: nobody has these numbers. */
final class Samples {

    static final String KARI = "11814548905";
    static final String OLA = "27905199922";
    static final String EMAIL = "kari@example.com";
    static final String MOBILE = "+4799999999";

    private Samples() {
    }

    /** One of the project's sample agreements. */
    static PortalDocument agreement(String title) {
        return document(title, "avtaler/1042.pdf");
    }

    /** The project's sample of terms, as an enclosure. */
    static PortalDocument terms(String title) {
        return document(title, "vilkår.pdf");
    }

    private static PortalDocument document(String title, String file) {
        try {
            return PortalDocument.builder(title, Files.readAllBytes(Path.of("../samples", file))).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Somebody notified as registered in the national contact register. */
    static PortalSigner.Builder byLookup(String number) {
        return PortalSigner.identifiedByPersonalIdentificationNumber(number, NotificationsUsingLookup.EMAIL_ONLY);
    }

    /** The plainest job: one agreement, one signer by national number. */
    static PortalJob.Builder plain() {
        return PortalJob.builder("Arbeidsavtale", agreement("Arbeidsavtale"), byLookup(KARI).build());
    }

    /** Two people for one agreement, each in an order group. */
    static PortalJob.Builder two(int firstOrder, int secondOrder) {
        return PortalJob.builder("Arbeidsavtale", List.of(agreement("Arbeidsavtale")),
                List.of(byLookup(KARI).withOrder(firstOrder).build(), byLookup(OLA).withOrder(secondOrder).build()));
    }

    static SignerIdentifier person(String number) {
        return SignerIdentifier.identifiedByPersonalIdentificationNumber(number);
    }
}
