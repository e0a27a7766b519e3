package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.eventlog.PostgresRetention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
    void keepsEverythingUnlessToldForHowLong() {
        assertThat(Settings.from(Map.of()).retention())
                .isEqualTo(new PostgresRetention.Settings(null, PostgresRetention.Unread.KEEP));
        assertThat(Settings.from(Map.of("HOOKLINE_RETENTION_DAYS", "30", "HOOKLINE_RETENTION_UNREAD", "drop"))
                        .retention())
                .isEqualTo(new PostgresRetention.Settings(Duration.ofDays(30), PostgresRetention.Unread.DROP));
        for (String days : List.of("0", "-1", "1.5", "never")) {
            assertThatThrownBy(() -> Settings.from(Map.of("HOOKLINE_RETENTION_DAYS", days)))
                    .hasMessageContaining("HOOKLINE_RETENTION_DAYS");
        }
        assertThatThrownBy(() -> Settings.from(Map.of("HOOKLINE_RETENTION_UNREAD", "lose")))
                .hasMessageContaining("HOOKLINE_RETENTION_UNREAD");
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
