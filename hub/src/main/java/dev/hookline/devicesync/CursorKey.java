package dev.hookline.devicesync;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * What a cursor belongs to.
 *
 * @param filter models, sorted, each once; empty for no filter
 */
record CursorKey(Device device, String appType, List<String> filter) {
    private static final int HASH_BYTES = 16;

    CursorKey {
        filter = filter.stream().sorted().distinct().toList();
    }

    byte[] filterHash() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(String.join("\n", filter).getBytes(StandardCharsets.UTF_8));
            return Arrays.copyOf(hash, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }
}
