package dev.hookline.delivery;

/** One event for one subscription. Clients see it as {@code <subscription>-<position>}. */
record DeliveryKey(long subscription, long position) {
    String text() {
        return subscription + "-" + position;
    }
}
