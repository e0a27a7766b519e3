package dev.hookline;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** The machine's own Chromium. It makes no request but those of its pages. */
public final class Chromium implements AutoCloseable {
    private static final Path PROGRAM = Path.of(System.getProperty("hookline.test.chromium", "/usr/bin/chromium"));

    private final Playwright playwright;
    private final Browser browser;

    public Chromium() {
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(PROGRAM)
                        .setHeadless(true)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu", "--disable-background-networking")));
    }

    /** A tab with cookies of its own, and what it complained about and asked for. */
    public record Tab(BrowserContext context, Page page, List<String> complaints, List<String> requests)
            implements AutoCloseable {
        @Override
        public void close() {
            context.close();
        }
    }

    public Tab open(ColorScheme scheme) {
        BrowserContext context = browser.newContext(new Browser.NewContextOptions().setColorScheme(scheme));
        Page page = context.newPage();
        List<String> complaints = new CopyOnWriteArrayList<>();
        List<String> requests = new CopyOnWriteArrayList<>();
        page.onConsoleMessage(message -> {
            if (List.of("error", "warning").contains(message.type())) {
                complaints.add(message.type() + ": " + message.text());
            }
        });
        page.onPageError(complaints::add);
        page.onRequest(request -> requests.add(request.url()));
        page.onWebSocket(socket -> requests.add(socket.url()));
        return new Tab(context, page, complaints, requests);
    }

    @Override
    public void close() {
        playwright.close();
    }
}
