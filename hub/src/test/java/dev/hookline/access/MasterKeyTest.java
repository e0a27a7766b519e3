package dev.hookline.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterKeyTest {
    @Test
    void opensWhatItSealed() {
        MasterKey key = MasterKey.of(Base64.getEncoder().encodeToString(new byte[32]));
        byte[] sealed = key.seal("secret".getBytes(UTF_8));

        assertThat(key.open(sealed)).contains("secret".getBytes(UTF_8));
        assertThat(key.seal("secret".getBytes(UTF_8))).isNotEqualTo(sealed);
    }

    @Test
    void anotherKeyOrAChangedByteOpensNothing() {
        byte[] other = new byte[32];
        other[0] = 1;
        MasterKey key = MasterKey.of(Base64.getEncoder().encodeToString(new byte[32]));
        byte[] sealed = key.seal("secret".getBytes(UTF_8));

        assertThat(MasterKey.of(Base64.getEncoder().encodeToString(other)).open(sealed))
                .isEmpty();
        sealed[sealed.length - 1] ^= 1;
        assertThat(key.open(sealed)).isEmpty();
        assertThat(key.open(new byte[3])).isEmpty();
    }

    @Test
    void isMadeOnceForItsOwnerOnly(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("keys").resolve("master.key");
        byte[] sealed = MasterKey.fromFile(file).seal("secret".getBytes(UTF_8));

        assertThat(MasterKey.fromFile(file).open(sealed)).contains("secret".getBytes(UTF_8));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void aKeyOfTheWrongSizeIsRefusedWithoutShowingIt() {
        assertThatThrownBy(() -> MasterKey.of("c2VjcmV0"))
                .hasMessageContaining("6 bytes")
                .hasMessageContaining("openssl rand -base64 32");
        assertThatThrownBy(() -> MasterKey.of("not base64!")).hasMessageNotContaining("not base64!");
    }
}
