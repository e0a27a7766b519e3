package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void needsNoVariable() {
        Settings settings = Settings.from(Map.of());

        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.ports()).containsExactly(8000);
        assertThat(settings.data()).isEqualTo(Path.of("data").toAbsolutePath());
        assertThat(settings.databaseUrl()).isNull();
    }

    @Test
    void anEmptyVariableIsAnUnsetOne() {
        assertThat(Settings.from(Map.of("ODOO_WEBHOOK_SECRET", "", "PORT", " ")).odooWebhookSecret())
                .isNull();
    }

    @Test
    void aListOfPortsIsTaken() {
        assertThat(Settings.from(Map.of("PORT", "8000, 8001")).ports()).isEqualTo(List.of(8000, 8001));
    }

    @Test
    void whatCannotBeUsedIsNamedAndNoSecretIsShown() {
        assertThatThrownBy(() -> Settings.from(Map.of("PORT", "http"))).hasMessageContaining("PORT is 'http'");
        assertThatThrownBy(() -> Settings.from(Map.of("PORT", "70000"))).hasMessageContaining("PORT is 70000");
        assertThatThrownBy(() -> Settings.from(Map.of("HOOKLINE_ENV", "prod"))).hasMessageContaining("HOOKLINE_ENV");
        assertThatThrownBy(() -> Settings.from(Map.of("JWT_SECRET_KEY", "hunter2")))
                .hasMessageContaining("JWT_SECRET_KEY")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void toStringShowsNoSecret() {
        Settings settings = Settings.from(Map.of(
                "HOOKLINE_ADMIN_PASSWORD", "hunter2", "ODOO_WEBHOOK_SECRET", "hunter2", "DATABASE_URL", "hunter2"));

        assertThat(settings.toString()).doesNotContain("hunter2");
    }

    @Test
    void productionNamesEveryUnsafeSetting() {
        Settings settings = Settings.from(
                Map.of("HOOKLINE_ENV", "production", "CORS_ORIGINS", "*", "HOOKLINE_ADMIN_PASSWORD", "short"));

        assertThat(String.join("\n", settings.unsafe()))
                .contains("ODOO_WEBHOOK_SECRET", "CORS_ORIGINS", "HOOKLINE_ADMIN_PASSWORD")
                .doesNotContain("short");
    }

    @Test
    void docsConfigHoldsThisTable() throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "config.md"))).contains(Settings.table());
    }
}
