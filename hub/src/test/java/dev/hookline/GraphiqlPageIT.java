package dev.hookline;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.hookline.kernel.Json;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code /graphiql} in a real browser. */
class GraphiqlPageIT {
    private static final LocatorAssertions.ContainsTextOptions SOON =
            new LocatorAssertions.ContainsTextOptions().setTimeout(20_000);

    /** The browser complains when a page asks who is signed in, and nobody is. */
    private static final String NOBODY_YET =
            "error: Failed to load resource: the server responded with a status of 401";

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of());
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        hub.close();
    }

    private static Chromium.Tab open(ColorScheme scheme) {
        Chromium.Tab tab = chromium.open(scheme);
        tab.page().navigate(hub.url() + "/graphiql");
        assertThat(tab.page().locator("#enter")).isVisible();
        return tab;
    }

    private static Chromium.Tab signedIn(ColorScheme scheme) {
        Chromium.Tab tab = open(scheme);
        signIn(tab.page());
        return tab;
    }

    private static void signIn(Page page) {
        page.getByLabel("Name").fill("admin");
        page.getByLabel("Password").fill(HubProcess.PASSWORD);
        page.locator("#login button").click();
        assertThat(page.locator("#enter")).isHidden();
        assertThat(page.locator(".graphiql-query-editor .CodeMirror")).isVisible();
    }

    private static Locator result(Page page) {
        return page.locator(".graphiql-response");
    }

    private static void run(Page page) {
        page.locator(".graphiql-execute-button").click();
    }

    /** The second of the examples is the subscription. */
    private static void follow(Page page) {
        page.locator(".graphiql-tab-button").nth(1).click();
        run(page);
        assertThat(page.getByLabel("Stop query (Ctrl-Enter)")).isVisible();
    }

    private static void publish(String event, String record) {
        JsonNode body = Json.object()
                .put("event", event)
                .put("resource_type", "page.test")
                .put("resource_id", record)
                .set("data", Json.object().put("named", record));
        HttpResponse<String> answer =
                hub.post("/api/v1/tenant/webhooks/events", body.toString(), "Authorization", "Bearer " + hub.token());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    }

    private static void assertOnlyTheHubWasAsked(Chromium.Tab tab) {
        assertThat(tab.requests())
                .allMatch(
                        url -> url.replaceFirst("^ws", "http").startsWith(hub.url() + "/") || url.startsWith("data:"));
        assertThat(tab.complaints()).allMatch(complaint -> complaint.startsWith(NOBODY_YET));
    }

    private static BufferedImage picture(Page page, String name) throws IOException {
        byte[] png = page.screenshot();
        Files.write(Path.of("target", "graphiql-" + name + ".png"), png);
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    private static long colours(BufferedImage picture) {
        return pixels(picture).distinct().count();
    }

    private static double brightness(BufferedImage picture) {
        return pixels(picture)
                .map(rgb -> ((rgb >> 16 & 255) * 299 + (rgb >> 8 & 255) * 587 + (rgb & 255) * 114) / 1_000)
                .average()
                .orElseThrow();
    }

    private static IntStream pixels(BufferedImage picture) {
        int width = picture.getWidth();
        return IntStream.of(picture.getRGB(0, 0, width, picture.getHeight(), null, 0, width));
    }

    @Test
    void saysWhatToDoToWhoComesWithoutAToken() {
        try (Chromium.Tab tab = open(ColorScheme.LIGHT)) {
            Page page = tab.page();

            assertThat(page.locator("#enter")).containsText("Sign in to ask");
            assertThat(page.locator("#leave")).isHidden();
            assertThat(page.locator(".graphiql-container")).hasCount(0);
            page.getByLabel("Access token or API key").fill("no token of ours");
            page.locator("#bring button").click();
            assertThat(page.locator("#message")).containsText("The token is not valid");
            page.getByLabel("Name").fill("admin");
            page.getByLabel("Password").fill("a wrong password");
            page.locator("#login button").click();
            assertThat(page.locator("#message")).containsText("Incorrect username or password");
            assertOnlyTheHubWasAsked(tab);
        }
    }

    @Test
    void asksAndFollowsForWhoSignedInUntilTheySignOut() {
        publish("page.queried", "first");
        try (Chromium.Tab tab = signedIn(ColorScheme.LIGHT)) {
            Page page = tab.page();
            assertThat(page.locator("#who")).hasText("admin (owner) of default");

            run(page);
            assertThat(result(page)).containsText("page.queried", SOON);

            follow(page);
            publish("page.followed", "live");
            assertThat(result(page)).containsText("page.followed", SOON);

            page.locator("#leave").click();
            assertThat(page.locator("#enter")).isVisible();
            assertThat(page.locator(".graphiql-container")).hasCount(0);
            page.reload();
            assertThat(page.locator("#enter")).isVisible();
            assertOnlyTheHubWasAsked(tab);
        }
    }

    @Test
    void asksWhoItIsAgainWhenTheSessionHasEnded() {
        publish("page.queried", "again");
        try (Chromium.Tab tab = signedIn(ColorScheme.LIGHT)) {
            Page page = tab.page();
            page.evaluate("() => fetch('/auth/logout', { method: 'POST' })");

            run(page);
            assertThat(page.locator("#message")).containsText("You are not signed in any more");
            assertThat(page.locator(".graphiql-query-editor")).containsText("webhookEvents");

            signIn(page);
            run(page);
            assertThat(result(page)).containsText("page.queried", SOON);
        }
    }

    @Test
    void asksAndFollowsWithAnApiKey() {
        HttpResponse<String> made = hub.post(
                "/api/v1/api-keys",
                "{\"name\":\"page\",\"scopes\":[\"events:read\"]}",
                "Authorization",
                "Bearer " + hub.token());
        publish("page.queried", "by key");
        try (Chromium.Tab tab = open(ColorScheme.LIGHT)) {
            Page page = tab.page();
            page.getByLabel("Access token or API key")
                    .fill(HubProcess.json(made).path("key").asText());
            page.locator("#bring button").click();

            run(page);
            assertThat(result(page)).containsText("page.queried", SOON);

            follow(page);
            publish("page.followed", "by key");
            assertThat(result(page)).containsText("by key", SOON);
            assertOnlyTheHubWasAsked(tab);
        }
    }

    @Test
    void completesByTheSchema() {
        try (Chromium.Tab tab = signedIn(ColorScheme.LIGHT)) {
            Page page = tab.page();

            page.getByLabel("Show Documentation Explorer").click();
            assertThat(page.locator(".graphiql-plugin")).containsText("Subscription");
            page.getByLabel("Open settings dialog").click();
            assertThat(page.getByText("Clear storage").first()).isVisible();
            assertOnlyTheHubWasAsked(tab);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void followsTheColourScheme(ColorScheme scheme) throws IOException {
        String name = scheme.name().toLowerCase(Locale.ROOT);
        publish("page.pictured", "picture");
        try (Chromium.Tab tab = open(scheme)) {
            BufferedImage stranger = picture(tab.page(), name + "-stranger");
            assertThat(colours(stranger)).isGreaterThan(20);
            assertThat(brightness(stranger))
                    .matches(average -> scheme == ColorScheme.DARK ? average < 80 : average > 200);
        }
        try (Chromium.Tab tab = signedIn(scheme)) {
            run(tab.page());
            assertThat(result(tab.page())).containsText("page.pictured", SOON);
            BufferedImage asked = picture(tab.page(), name);
            assertThat(colours(asked)).isGreaterThan(100);
            assertThat(brightness(asked)).matches(average -> scheme == ColorScheme.DARK ? average < 80 : average > 200);
        }
    }

    @Test
    void isWhereABrowserIsLedFromTheEndpointItself() {
        HttpResponse<String> led = hub.get("/graphql", "Accept", "text/html,*/*;q=0.8");
        assertThat(led.statusCode()).isEqualTo(303);
        assertThat(led.headers().firstValue("Location")).contains("/graphiql");
        assertThat(hub.get("/graphql?query=%7B__typename%7D", "Accept", "text/html")
                        .statusCode())
                .isEqualTo(401);
        assertThat(hub.get("/graphql", "Accept", "application/json").statusCode())
                .isEqualTo(401);
        assertThat(HubProcess.json(hub.get("/", "Accept", "application/json"))
                        .path("graphiql")
                        .asText())
                .isEqualTo("/graphiql");
        HttpResponse<String> page = hub.get("/graphiql");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'self'")
                .doesNotContain("unsafe");
        assertThat(page.body()).contains("<noscript>");
        for (String file : List.of("page.js", "fetcher.js", "page.css", "graphiql.min.js", "react.js")) {
            assertThat(hub.get("/graphiql/" + file).statusCode()).isEqualTo(200);
        }
    }
}
