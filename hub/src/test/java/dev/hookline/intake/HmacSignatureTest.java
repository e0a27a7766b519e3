package dev.hookline.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class HmacSignatureTest {
    /** printf '%s' '{"a":1}' | openssl dgst -sha256 -hmac secret */
    private static final String RIGHT = "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494";

    private final HmacSignature signature = new HmacSignature("secret");
    private final byte[] body = "{\"a\":1}".getBytes(UTF_8);

    @Test
    void acceptsHexOfEitherCaseWithAndWithoutPrefixInEitherHeader() {
        assertThat(signature.verifies(body, RIGHT, null)).isTrue();
        assertThat(signature.verifies(body, null, RIGHT)).isTrue();
        assertThat(signature.verifies(body, "sha256=" + RIGHT, null)).isTrue();
        assertThat(signature.verifies(body, RIGHT.toUpperCase(Locale.ROOT), "SHA256=" + RIGHT))
                .isTrue();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "test",
                "sha256=",
                "00",
                "sha1=aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"
            })
    void refusesWhatIsNoSignature(String sent) {
        assertThat(signature.verifies(body, sent, null)).isFalse();
    }

    @Test
    void refusesTwoHeadersThatDisagree() {
        assertThat(signature.verifies(body, RIGHT, "0".repeat(64))).isFalse();
        assertThat(signature.verifies(body, "0".repeat(64), RIGHT)).isFalse();
    }

    @Test
    void refusesAChangedBodyAndAnotherSecret() {
        assertThat(signature.verifies("{\"a\":2}".getBytes(UTF_8), RIGHT, null)).isFalse();
        assertThat(new HmacSignature("Secret").verifies(body, RIGHT, null)).isFalse();
    }
}
