package dev.hookline.delivery;

/**
 * Events that a subscription's filter could not judge, and that it therefore did not get.
 *
 * @param reason of the last one
 */
record FilterFailure(long count, String reason) {
    FilterFailure and(FilterFailure later) {
        return new FilterFailure(count + later.count, later.reason);
    }
}
