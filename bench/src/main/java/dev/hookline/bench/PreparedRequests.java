package dev.hookline.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Requests that were made beforehand, sent in turn. With a key each has an id of its own; only its digits are written anew. */
final class PreparedRequests implements LoadGenerator.Requests {
    private static final int KEY_DIGITS = 16;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final byte[][] requests;
    private final int keyEnd;
    private final int bytesMax;
    private long sent;

    /**
     * Makes them.
     *
     * @param keyHeader the header that has an id of its own in each request; null for none
     * @param of makes the {@code nth} request: its other headers, then its body
     */
    PreparedRequests(String path, @Nullable String keyHeader, int count, IntFunction<List<String>> of) {
        String start = "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
        String key = keyHeader == null ? "" : keyHeader + ": " + "0".repeat(KEY_DIGITS) + "\r\n";
        this.keyEnd = keyHeader == null ? 0 : start.length() + key.length() - 2;
        this.requests = new byte[count][];
        int longest = 0;
        for (int i = 0; i < count; i++) {
            List<String> request = of.apply(i);
            String headers = String.join("\r\n", request.subList(0, request.size() - 1));
            String body = request.getLast();
            requests[i] = (start + key + headers + "\r\nContent-Type: application/json\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII);
            longest = Math.max(longest, requests[i].length);
        }
        this.bytesMax = longest;
    }

    /** How many were handed out. */
    long sent() {
        return sent;
    }

    @Override
    public int bytesMax() {
        return bytesMax;
    }

    @Override
    public void next(ByteBuffer into) {
        into.put(requests[(int) (sent % requests.length)]);
        for (int digit = 0; keyEnd > 0 && digit < KEY_DIGITS; digit++) {
            into.put(keyEnd - 1 - digit, HEX[(int) (sent >>> (4 * digit)) & 15]);
        }
        sent++;
    }
}
