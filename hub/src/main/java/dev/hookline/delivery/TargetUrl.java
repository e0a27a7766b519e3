package dev.hookline.delivery;

import java.net.URI;

/** What the URL of a subscription is found to be when it is given; see {@link TargetUrlRules}. */
sealed interface TargetUrl {
    /**
     * A URL that deliveries may go to.
     *
     * @param uri http or https, with a host, and a port from 1 to 65535 or -1 for the scheme's own
     */
    record Accepted(URI uri) implements TargetUrl {}

    /**
     * A URL that none may go to.
     *
     * @param reason a sentence for the person who gave it
     */
    record Refused(String reason) implements TargetUrl {}
}
