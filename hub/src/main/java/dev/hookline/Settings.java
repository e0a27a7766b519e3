package dev.hookline;

import dev.hookline.access.Cidr;
import dev.hookline.eventlog.PostgresRetention;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says, checked. Every variable is in {@link Variable}; {@code docs/config.md} is made from it.
 *
 * @param databaseUrl null for the embedded PostgreSQL
 * @param ports 0 for any free one
 * @param businessRules null for the built-in ones
 * @param corsOrigins empty for none, {@code *} for all
 */
record Settings(
        String host,
        List<Integer> ports,
        Path data,
        @Nullable String databaseUrl,
        @Nullable String adminPassword,
        @Nullable String jwtSecretKey,
        @Nullable String masterKey,
        @Nullable String odooWebhookSecret,
        @Nullable String webhookSecret,
        @Nullable String webhookPushApiKey,
        String deliveryAllow,
        List<Cidr> trustedProxies,
        boolean rateLimits,
        int rateLimitPerMinute,
        int callLogDays,
        int attemptDays,
        @Nullable Path businessRules,
        int syncDeviceDays,
        List<String> corsOrigins,
        PostgresRetention.Settings retention,
        boolean production) {

    /** A value that cannot be used. The message names the variable, and never shows a secret. */
    static final class Invalid extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Invalid(String message) {
            super(message);
        }
    }

    /** The variables, in the order of the table in {@code docs/config.md}. */
    enum Variable {
        HOST("127.0.0.1", "Address to listen on. `0.0.0.0` opens it to the network."),
        PORT("8000", "Port to listen on; a list (`8000,8001`) for several, `0` for any free one."),
        HOOKLINE_DATA("./data", "Folder of the embedded database, the keys and the logs."),
        DATABASE_URL(
                "embedded",
                "An external PostgreSQL (16 or newer): `postgresql://`, `postgresql+asyncpg://` or `jdbc:postgresql://`."),
        HOOKLINE_ADMIN_PASSWORD("random, printed once", "Password of the user `admin`, used on the first start only."),
        JWT_SECRET_KEY("made on first start", "Key that signs tokens, at least 32 characters."),
        HOOKLINE_MASTER_KEY(
                "made on first start, in `keys/master.key`", "Base64 of 32 bytes; seals the secrets in the database."),
        ODOO_WEBHOOK_SECRET(
                "unset", "Secret of `/api/webhook/*`. While it is unset, unsigned webhooks are accepted there."),
        WEBHOOK_SECRET(
                "unset", "Secret of `/api/v2/webhooks/orders`. While it is unset, unsigned orders are accepted there."),
        WEBHOOK_PUSH_API_KEY(
                "unset",
                "Key that Odoo's module sends as `X-API-Key` to `/api/v1/webhooks/receive`. While it is unset, a token is needed there."),
        HOOKLINE_DELIVERY_ALLOW(
                "empty",
                "Addresses and CIDR ranges that webhooks may also be sent to, plain http included: `127.0.0.0/8, 10.1.0.0/16`."),
        HOOKLINE_TRUSTED_PROXIES(
                "empty",
                "Addresses and CIDR ranges of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."),
        RATE_LIMIT_ENABLED("true", "`false` turns off every limit of requests a minute. Each node counts for itself."),
        RATE_LIMIT_PER_MINUTE(
                "100",
                "Requests a minute that one address may send without a token or a key that counts, beside webhooks and sign-ins, which have limits of their own. From 1 to 1000000."),
        HOOKLINE_CALL_LOG_DAYS("30", "How many days the log of calls is kept, from 1 to 3650."),
        HOOKLINE_ATTEMPT_DAYS("30", "How many days the attempts at deliveries are kept, from 1 to 3650."),
        HOOKLINE_BUSINESS_RULES(
                "built in",
                "File of rules that give ERP changes and orders their business event types; see `docs/business-events.md`."),
        HOOKLINE_SYNC_DEVICE_DAYS(
                "90",
                "Days after which a device that did not sync is no longer active: what it has not read may go with its time. From 1 to 3650."),
        CORS_ORIGINS("none", "Origins whose pages may call the API, separated by commas."),
        HOOKLINE_RETENTION_DAYS(
                "keep everything", "Days that events are kept at least; older ones go with their whole partition."),
        HOOKLINE_RETENTION_UNREAD(
                "keep",
                "What is old and still needed, by a cursor, a webhook not delivered yet or a replay that runs: `keep` it, or `drop` it all the same. Who needs it is in the log and in `GET /api/v1/admin/retention`."),
        LOG_FILE_PATH("`HOOKLINE_DATA/logs/app.log`", "The log as JSON, one object a line; a new file each day."),
        LOG_LEVEL("`INFO`", "`DEBUG`, `INFO`, `WARN` or `ERROR`."),
        HOOKLINE_ENV("development", "`production` refuses to start on an unsafe setting, and names it.");

        final String byDefault;
        final String meaning;

        Variable(String byDefault, String meaning) {
            this.byDefault = byDefault;
            this.meaning = meaning;
        }

        @Nullable
        String in(Map<String, String> environment) {
            String value = environment.get(name());
            return value == null || value.isBlank() ? null : value.strip();
        }

        String in(Map<String, String> environment, String otherwise) {
            String value = in(environment);
            return value == null ? otherwise : value;
        }
    }

    private static final int SIGNING_KEY_CHARS_MIN = 32;
    private static final int DAYS_MAX = 3_650;
    private static final int REQUESTS_MAX = 1_000_000;

    static Settings from(Map<String, String> environment) {
        String jwtSecretKey = Variable.JWT_SECRET_KEY.in(environment);
        if (jwtSecretKey != null && jwtSecretKey.length() < SIGNING_KEY_CHARS_MIN) {
            throw new Invalid("JWT_SECRET_KEY has " + jwtSecretKey.length() + " characters instead of "
                    + SIGNING_KEY_CHARS_MIN + ". Make one with: openssl rand -hex 32");
        }
        String level = Variable.LOG_LEVEL.in(environment, "INFO");
        if (!List.of("DEBUG", "INFO", "WARN", "ERROR").contains(level)) {
            throw new Invalid("LOG_LEVEL is '" + level + "'; it must be DEBUG, INFO, WARN or ERROR");
        }
        String environmentName = Variable.HOOKLINE_ENV.in(environment, "development");
        if (!List.of("development", "production").contains(environmentName)) {
            throw new Invalid("HOOKLINE_ENV is '" + environmentName + "'; it must be development or production");
        }
        return new Settings(
                Variable.HOST.in(environment, "127.0.0.1"),
                ports(Variable.PORT.in(environment, "8000")),
                Path.of(Variable.HOOKLINE_DATA.in(environment, "./data"))
                        .toAbsolutePath()
                        .normalize(),
                Variable.DATABASE_URL.in(environment),
                Variable.HOOKLINE_ADMIN_PASSWORD.in(environment),
                jwtSecretKey,
                Variable.HOOKLINE_MASTER_KEY.in(environment),
                Variable.ODOO_WEBHOOK_SECRET.in(environment),
                Variable.WEBHOOK_SECRET.in(environment),
                Variable.WEBHOOK_PUSH_API_KEY.in(environment),
                Variable.HOOKLINE_DELIVERY_ALLOW.in(environment, ""),
                trustedProxies(Variable.HOOKLINE_TRUSTED_PROXIES.in(environment, "")),
                flag(Variable.RATE_LIMIT_ENABLED, environment, true),
                number(Variable.RATE_LIMIT_PER_MINUTE, environment, REQUESTS_MAX),
                number(Variable.HOOKLINE_CALL_LOG_DAYS, environment, DAYS_MAX),
                number(Variable.HOOKLINE_ATTEMPT_DAYS, environment, DAYS_MAX),
                path(Variable.HOOKLINE_BUSINESS_RULES.in(environment)),
                number(Variable.HOOKLINE_SYNC_DEVICE_DAYS, environment, DAYS_MAX),
                list(Variable.CORS_ORIGINS.in(environment, "")),
                retention(environment),
                environmentName.equals("production"));
    }

    private static PostgresRetention.Settings retention(Map<String, String> environment) {
        String unread = Variable.HOOKLINE_RETENTION_UNREAD.in(environment, "keep");
        if (!List.of("keep", "drop").contains(unread)) {
            throw new Invalid("HOOKLINE_RETENTION_UNREAD is '" + unread + "'; it must be keep or drop");
        }
        String days = Variable.HOOKLINE_RETENTION_DAYS.in(environment);
        if (days != null && !days.matches("[1-9][0-9]{0,4}")) {
            throw new Invalid(
                    "HOOKLINE_RETENTION_DAYS is '" + days + "'; it must be a number of days, from 1 to 99999");
        }
        return new PostgresRetention.Settings(
                days == null ? null : Duration.ofDays(Integer.parseInt(days)),
                unread.equals("drop") ? PostgresRetention.Unread.DROP : PostgresRetention.Unread.KEEP);
    }

    private static List<Cidr> trustedProxies(String text) {
        try {
            return Cidr.parseAll(text);
        } catch (IllegalArgumentException e) {
            throw new Invalid("HOOKLINE_TRUSTED_PROXIES: " + e.getMessage());
        }
    }

    private static boolean flag(Variable variable, Map<String, String> environment, boolean otherwise) {
        String value = variable.in(environment, Boolean.toString(otherwise)).toLowerCase(Locale.ROOT);
        if (!value.equals("true") && !value.equals("false")) {
            throw new Invalid(variable.name() + " is '" + value + "'; it must be true or false");
        }
        return value.equals("true");
    }

    private static int number(Variable variable, Map<String, String> environment, int max) {
        String text = variable.in(environment, variable.byDefault);
        if (!text.matches("[1-9]\\d{0,6}") || Integer.parseInt(text) > max) {
            throw new Invalid(variable.name() + " is '" + text + "'; it must be from 1 to " + max);
        }
        return Integer.parseInt(text);
    }

    private static @Nullable Path path(@Nullable String text) {
        return text == null ? null : Path.of(text).toAbsolutePath().normalize();
    }

    private static List<Integer> ports(String text) {
        List<Integer> ports = list(text).stream().map(Settings::port).toList();
        if (ports.isEmpty()) {
            throw new Invalid("PORT names no port");
        }
        return ports;
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw new Invalid("PORT is '" + text + "'; it must be a number, or several separated by commas");
        }
        throw new Invalid("PORT is " + text + "; it must be from 0 to 65535");
    }

    private static List<String> list(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    String environmentName() {
        return production ? "production" : "development";
    }

    /** What {@code HOOKLINE_ENV=production} does not start with, each naming its variable. */
    List<String> unsafe() {
        List<String> reasons = new ArrayList<>();
        if (odooWebhookSecret == null) {
            reasons.add(
                    "ODOO_WEBHOOK_SECRET is not set: anyone could send webhooks. Make one with: openssl rand -hex 32");
        }
        if (webhookSecret == null) {
            reasons.add("WEBHOOK_SECRET is not set: anyone could send orders. Make one with: openssl rand -hex 32");
        }
        if (corsOrigins.contains("*")) {
            reasons.add("CORS_ORIGINS is *: name the origins whose pages may call the API");
        }
        if (adminPassword != null && adminPassword.length() < 12) {
            reasons.add("HOOKLINE_ADMIN_PASSWORD has fewer than 12 characters");
        }
        return reasons;
    }

    /** The table in {@code docs/config.md}. */
    static String table() {
        return "| variable | default | meaning |\n|---|---|---|\n"
                + Arrays.stream(Variable.values())
                        .map(v -> "| `" + v.name() + "` | " + v.byDefault + " | " + v.meaning + " |\n")
                        .collect(Collectors.joining());
    }

    @Override
    public String toString() {
        return "Settings[host=" + host + ", ports=" + ports + ", data=" + data + ", embedded=" + (databaseUrl == null)
                + ", environment=" + environmentName() + "]";
    }
}
