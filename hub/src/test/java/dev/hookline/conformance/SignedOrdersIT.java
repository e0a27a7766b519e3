package dev.hookline.conformance;

import static dev.hookline.conformance.OrderCalls.LOGS;
import static dev.hookline.conformance.OrderCalls.ORDERS;
import static dev.hookline.conformance.OrderCalls.SECRET;
import static dev.hookline.conformance.OrderCalls.SEED_ORIGIN;
import static dev.hookline.conformance.OrderCalls.assertRefused;
import static dev.hookline.conformance.OrderCalls.hmac;
import static dev.hookline.conformance.OrderCalls.orders;
import static dev.hookline.conformance.OrderCalls.origin;
import static dev.hookline.conformance.OrderCalls.shell;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.ChildProcess;
import dev.hookline.HubProcess;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Orders of seed 002 that are signed, line by line: its senders in Python, Node and curl run as they are printed, but for the
 * address, and so do the programs that the hub shows, against a hub in a process of its own.
 */
@DisplayName("Seed 002, signed orders")
class SignedOrdersIT {
    @TempDir
    static Path data;

    @TempDir
    static Path scripts;

    private static HubProcess hub;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("WEBHOOK_SECRET", SECRET));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    // ---- Senders ----------------------------------------------------------------------------------------------------

    @Test
    void pythonSenderOfTheSeedIsAccepted() throws IOException {
        String python = List.of("/usr/bin/python3", "python3").stream()
                .filter(candidate -> ChildProcess.works(candidate, "-c", "import requests"))
                .findFirst()
                .orElse("");
        ChildProcess.require(
                !python.isEmpty(), "Python's requests is not installed (apt-get install python3-requests)");
        String script = ChildProcess.resource("seeds/002_sender.py").replace(SEED_ORIGIN, origin(hub));
        long before = orders(hub);

        assertAccepted(ChildProcess.run(scripts, python, file("sender.py", script)), before);
    }

    @Test
    void nodeSenderOfTheSeedIsAccepted() throws IOException {
        ChildProcess.require(
                ChildProcess.works("node", "--version") && ChildProcess.works("npm", "--version"),
                "no node or npm, which has axios from a registry");
        Path folder = Path.of("target", "node").toAbsolutePath();
        if (!Files.isDirectory(folder.resolve("node_modules").resolve("axios"))) {
            Files.createDirectories(folder);
            ChildProcess install = ChildProcess.run(
                    folder, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder.toString(), "axios@1");
            assertThat(install.exitCode())
                    .as("axios comes from an npm registry; npm said: %s", install.output())
                    .isZero();
        }
        String script = ChildProcess.resource("seeds/002_sender.js").replace(SEED_ORIGIN, origin(hub));
        Path file = folder.resolve("sender.js");
        Files.writeString(file, script);
        long before = orders(hub);

        assertAccepted(ChildProcess.run(folder, "node", file.toString()), before);
    }

    @Test
    void curlSenderOfTheSeedIsAccepted() {
        ChildProcess.require(ChildProcess.works("openssl", "version"), "no openssl");
        long before = orders(hub);

        ChildProcess sender = shell(hub, scripts, ChildProcess.resource("seeds/002_sender.sh"));

        assertAccepted(sender, before);
        assertThat(sender.output()).contains("\"success\":true");
    }

    private void assertAccepted(ChildProcess sender, long before) {
        assertThat(sender.exitCode()).as(sender.output()).isZero();
        assertThat(orders(hub)).as(sender.output()).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @CsvSource({"curl, bash", "python, python3", "node, node", "java, java", "php, php"})
    void everySnippetOfTheHelpWorksAsItStands(String language, String program) throws IOException {
        JsonNode help = HubProcess.json(hub.get("/api/v2/webhooks/signature-help"));
        assertThat(help.path("url").asText()).isEqualTo(hub.url() + ORDERS);
        assertThat(help.path("examples").fieldNames())
                .toIterable()
                .containsExactly("curl", "python", "node", "java", "php");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command = program.equals("java") ? java : program;
        ChildProcess.require(ChildProcess.works(command, "--version"), "no " + program);
        ChildProcess.require(
                !program.equals("php")
                        || ChildProcess.works(command, "-r", "exit((int) !function_exists('curl_init'));"),
                "PHP's curl is not installed (apt-get install php-curl)");
        String name = program.equals("java") ? "SendOrder.java" : "snippet-" + language;
        long before = orders(hub);

        ChildProcess sender = ChildProcess.run(
                scripts,
                command,
                file(name, help.path("examples").path(language).asText()));

        assertAccepted(sender, before);
        assertThat(sender.output()).contains("\"success\":true");
    }

    @Test
    void helpNamesTheAddressThatTheCallerUsed() {
        String url = HubProcess.json(hub.get("/api/v2/webhooks/signature-help", "X-Forwarded-Proto", "https"))
                .path("url")
                .asText();

        assertThat(url).isEqualTo(hub.url().replace("http://", "https://") + ORDERS);
    }

    @Test
    void signatureIsTakenAsHexOfEitherCaseWithOrWithoutItsAlgorithm() {
        String body = "{\"order_number\":\"SIGNED\"}";
        String hex = HexFormat.of().formatHex(hmac(body));
        for (String header : List.of("X-Webhook-Signature", "X-Signature")) {
            for (String value : List.of(hex, hex.toUpperCase(Locale.ROOT), "sha256=" + hex)) {
                assertThat(hub.post(ORDERS, body, header, value).statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void wrongOrMissingSignatureIs401AndNothingIsStored() {
        long before = orders(hub);
        String body = "{\"order_number\":\"FORGED\"}";
        String hex = HexFormat.of().formatHex(hmac(body));

        assertRefused(hub.post(ORDERS, body), 401, "Invalid signature");
        for (String wrong : List.of("test", "", "sha256=", hex.substring(1), hex.replace(hex.charAt(0), 'f') + "0")) {
            assertRefused(hub.post(ORDERS, body, "X-Webhook-Signature", wrong), 401, "Invalid signature");
        }
        assertRefused(
                hub.post(ORDERS, body, "X-Webhook-Signature", hex, "X-Signature", "test"), 401, "Invalid signature");
        assertRefused(hub.post(ORDERS, body + " ", "X-Webhook-Signature", hex), 401, "Invalid signature");
        assertThat(orders(hub)).isEqualTo(before);
    }

    @Test
    void testOfTheSeedSaysThatASignatureIsNeeded() {
        assertThat(HubProcess.json(hub.get("/api/v2/webhooks/test")).path("signature_required"))
                .isEqualTo(Json.read("true"));
    }

    @Test
    void logsNeedAToken() {
        assertRefused(hub.get(LOGS), 401, "Not authenticated");
        assertThat(hub.get(LOGS, "Authorization", "Bearer " + hub.token()).statusCode())
                .isEqualTo(200);
    }

    // ---- Shopify and WooCommerce ------------------------------------------------------------------------------------

    @Test
    void shopifysWebhookIsAccepted() {
        String body = ChildProcess.resource("payloads/shopify-orders-create.json");

        HttpResponse<String> answer = hub.post(
                ORDERS,
                body,
                "X-Shopify-Topic",
                "orders/create",
                "X-Shopify-Webhook-Id",
                "shop-1",
                "X-Shopify-Hmac-Sha256",
                Base64.getEncoder().encodeToString(hmac(body)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(hub.sql("SELECT product, total, customer_name FROM orders WHERE order_number = '1042'"))
                .contains("Trail Shoe - 39 | 69.85 | Lena Vogt");
        assertRefused(
                hub.post(ORDERS, body, "X-Shopify-Topic", "orders/create", "X-Shopify-Hmac-Sha256", "AAAA"),
                401,
                "Invalid signature");
    }

    @Test
    void shopsDeletionThatKnowsOnlyItsIdDeletesTheOrder() {
        String shopify = "{\"id\":450789469900,\"order_number\":1900}";
        String wooCommerce = "{\"id\":901,\"number\":\"W-1901\"}";
        long first = orderId(fromShop("X-Shopify-Topic", "orders/create", "X-Shopify-Hmac-Sha256", shopify), "1900");
        long second = orderId(
                fromShop("X-WC-Webhook-Topic", "order.created", "X-WC-Webhook-Signature", wooCommerce), "W-1901");

        assertThat(orderId(
                        fromShop("X-Shopify-Topic", "orders/delete", "X-Shopify-Hmac-Sha256", "{\"id\":450789469900}"),
                        "1900"))
                .isEqualTo(first);
        assertThat(orderId(
                        fromShop("X-WC-Webhook-Topic", "order.deleted", "X-WC-Webhook-Signature", "{\"id\":901}"),
                        "W-1901"))
                .isEqualTo(second);

        assertThat(hub.sql("SELECT order_number FROM orders WHERE order_number IN ('1900', 'W-1901')"))
                .contains("(0 rows)");
        assertThat(hub.sql("SELECT event_type || ' ' || order_number FROM order_events ORDER BY id"))
                .contains("deleted 1900", "deleted W-1901");
        assertThat(hub.sql("SELECT operation FROM event WHERE record_key IN ('1900', 'W-1901') ORDER BY position"))
                .contains("create", "unlink", "(4 rows)");
    }

    private static HttpResponse<String> fromShop(String header, String topic, String signed, String body) {
        return hub.post(ORDERS, body, header, topic, signed, Base64.getEncoder().encodeToString(hmac(body)));
    }

    private static long orderId(HttpResponse<String> answer, String number) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("order_number").asText()).isEqualTo(number);
        return HubProcess.json(answer).path("order_id").asLong();
    }

    @Test
    void wooCommercesPingAndWebhookAreAccepted() {
        HttpRequest.Builder ping = HttpRequest.newBuilder(hub.uri(ORDERS))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("webhook_id=3"));
        assertThat(hub.send(ping).statusCode()).isEqualTo(200);
        String body = ChildProcess.resource("payloads/woocommerce-order-created.json");

        HttpResponse<String> answer = hub.post(
                ORDERS,
                body,
                "X-WC-Webhook-Topic",
                "order.created",
                "X-WC-Webhook-Signature",
                Base64.getEncoder().encodeToString(hmac(body)));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(hub.sql("SELECT product, total, customer_name FROM orders WHERE order_number = '727'"))
                .contains("Single #1 | 29.35 | Paul Kern");
    }

    private static String file(String name, String text) throws IOException {
        Path file = scripts.resolve(name);
        Files.writeString(file, text);
        return file.toString();
    }
}
