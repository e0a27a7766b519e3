package dev.hookline.catalogue;

/**
 * Where a payload is not what its type's schema says.
 *
 * @param path within the payload, as in {@code items[0].price}; empty for the payload itself
 * @param message what is wrong there
 */
public record Violation(String path, String message) {}
