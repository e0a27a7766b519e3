package dev.hookline;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code /docs} in a real browser. */
class DocsPageIT {
    /** The texts whose contrast with what is behind them is below 3:1. */
    private static final String UNREADABLE = """
            () => {
              const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
              const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
              const behind = element => {
                const own = rgba(getComputedStyle(element).backgroundColor);
                return own[3] === 1 || !element.parentElement ? own : over(own, behind(element.parentElement)).concat(1);
              };
              const light = colour => {
                const [r, g, b] = colour.slice(0, 3).map(c => c / 255)
                    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const contrast = element => {
                const below = behind(element);
                const two = [light(over(rgba(getComputedStyle(element).color), below)), light(below)];
                return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
              };
              return [...document.querySelectorAll('#docs *')]
                  .filter(element => element.checkVisibility({ visibilityProperty: true }))
                  .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
                  .filter(element => !element.closest('option') && contrast(element) < 3)
                  .map(element => `${element.className} "${element.textContent}" ${contrast(element).toFixed(1)}`);
            }
            """;

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static Chromium chromium;
    private static int operations;

    @BeforeAll
    static void start() {
        hub = HubProcess.start(data, Map.of("ODOO_WEBHOOK_SECRET", ""));
        chromium = new Chromium();
        operations = new OpenAPIV3Parser()
                .readContents(hub.get("/openapi.yaml").body()).getOpenAPI().getPaths().values().stream()
                        .mapToInt(path -> path.readOperations().size())
                        .sum();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        hub.close();
    }

    private static Chromium.Tab open(ColorScheme scheme) {
        Chromium.Tab tab = chromium.open(scheme);
        tab.page().navigate(hub.url() + "/docs");
        assertThat(tab.page().locator(".opblock")).hasCount(operations);
        return tab;
    }

    private static Locator operation(Page page, String path) {
        return page.locator(".opblock")
                .filter(new Locator.FilterOptions().setHas(page.locator("[data-path='" + path + "']")));
    }

    private static int brightness(Page page, String property) {
        return ((Number) page.evaluate("""
                property => {
                  let element = document.querySelector('.opblock-summary-path');
                  let colour;
                  do {
                    colour = getComputedStyle(element)[property].match(/[\\d.]+/g).map(Number);
                    element = element.parentElement;
                  } while (element && colour.length === 4 && colour[3] < 0.5);
                  return Math.round((colour[0] * 299 + colour[1] * 587 + colour[2] * 114) / 1000);
                }
                """, property)).intValue();
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void showsEveryOperationWithoutAComplaintOrARequestToElsewhere(ColorScheme scheme) {
        try (Chromium.Tab tab = open(scheme)) {
            Page page = tab.page();
            operation(page, "/api/webhook/booking")
                    .locator(".opblock-summary-control")
                    .click();
            assertThat(operation(page, "/api/webhook/booking").locator(".opblock-body"))
                    .containsText("BK-2024-0001");

            assertThat(page.title()).isEqualTo("Hookline API");
            assertThat(tab.complaints()).isEmpty();
            assertThat(tab.requests()).allMatch(url -> url.startsWith(hub.url()) || url.startsWith("data:"));
        }
    }

    @Test
    void followsTheColourScheme() {
        try (Chromium.Tab tab = open(ColorScheme.DARK)) {
            Page page = tab.page();
            assertThat(brightness(page, "backgroundColor")).isLessThan(60);
            assertThat(brightness(page, "color")).isGreaterThan(180);

            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));

            await().pollInSameThread().untilAsserted(() -> {
                assertThat(brightness(page, "backgroundColor")).isGreaterThan(220);
                assertThat(brightness(page, "color")).isLessThan(90);
            });
        }
    }

    @Test
    void everyTextCanBeReadInTheDark() {
        try (Chromium.Tab tab = open(ColorScheme.DARK)) {
            Page page = tab.page();
            for (String path : List.of("/api/webhook/booking", "/api/v1/records/{model}")) {
                operation(page, path).locator(".opblock-summary-control").click();
                assertThat(operation(page, path).locator(".responses-wrapper")).isVisible();
                operation(page, path).locator(".response .tablinks").last().click();
            }
            page.locator(".models-control").click();

            await().pollInSameThread()
                    .untilAsserted(() ->
                            assertThat((List<?>) page.evaluate(UNREADABLE)).isEmpty());
        }
    }

    @Test
    void opensAnOperationByKeyboard() {
        try (Chromium.Tab tab = open(ColorScheme.LIGHT)) {
            Locator health = operation(tab.page(), "/health");
            health.locator(".opblock-summary-control").focus();

            tab.page().keyboard().press("Enter");

            assertThat(health.locator(".opblock-body")).containsText("\"status\": \"healthy\"");
        }
    }

    @Test
    void triesAnOperationOut() {
        try (Chromium.Tab tab = open(ColorScheme.LIGHT)) {
            Locator health = operation(tab.page(), "/health");
            health.locator(".opblock-summary-control").click();
            health.locator(".try-out__btn").click();

            health.locator(".execute").click();

            assertThat(health.locator(".live-responses-table")).containsText("\"healthy\"");
            assertThat(tab.complaints()).isEmpty();
        }
    }

    @Test
    void pageAllowsScriptsOfItsOwnOriginOnly() {
        var answer = hub.get("/docs");

        assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'self'")
                .doesNotContain("unsafe");
        assertThat(answer.body()).contains("<noscript>").contains("<a href=\"/openapi.yaml\">");
    }
}
