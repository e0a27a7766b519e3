package dev.hookline.client;

/** A request does not come from the hub, was changed on the way, or is too old. Answer it with 401 or 400. */
public final class InvalidSignatureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidSignatureException(String message) {
        super(message);
    }
}
