package dev.hookline;

import java.util.List;
import java.util.Optional;

/** What {@code up} prints when the hub is ready: where it is, who may enter, and three lines to paste. */
final class Welcome {
    private Welcome() {}

    static String text(Settings settings, List<Integer> ports, Optional<String> firstPassword) {
        String host = settings.host().equals("0.0.0.0") || settings.host().equals("::") ? "127.0.0.1" : settings.host();
        String url = "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + ports.getFirst();
        String given = settings.adminPassword();
        String password = firstPassword.orElse(given == null ? "YOUR_PASSWORD" : "$HOOKLINE_ADMIN_PASSWORD");
        String passwordLine = firstPassword
                .map(made -> made + "   (shown this once; ./hookline reset-password makes a new one)")
                .orElse(
                        given == null
                                ? "as printed on the first start; ./hookline reset-password makes a new one"
                                : "HOOKLINE_ADMIN_PASSWORD of the first start");
        return """

                Hookline is ready at %1$s   (API: %1$s/docs)

                  user      admin
                  password  %2$s
                  data      %3$s

                Send a booking, sign in, and see what the hub knows of it:

                %4$s
                  TOKEN=$(curl -s %1$s/auth/login -H 'Content-Type: application/json' -d "{\\"username\\":\\"admin\\",\\"password\\":\\"%5$s\\"}" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
                  curl -s %1$s/api/v1/records/booking/BK-2024-0001 -H "Authorization: Bearer $TOKEN"

                Ctrl-C stops it; nothing that was acknowledged is lost.
                """.formatted(url, passwordLine, settings.data(), booking(settings, url), password);
    }

    private static String booking(Settings settings, String url) {
        String body =
                "{\"event_type\":\"booking.created\",\"booking_ref\":\"BK-2024-0001\",\"vehicle_id\":1,\"total_amount\":600.00}";
        String post = "curl -s " + url + "/api/webhook/booking -H 'Content-Type: application/json' -d '" + body + "'";
        if (settings.odooWebhookSecret() == null) {
            return "  " + post;
        }
        return "  " + post + " -H \"X-Webhook-Signature: $(printf '%s' '" + body
                + "' | openssl dgst -sha256 -hmac \"$ODOO_WEBHOOK_SECRET\" | sed 's/.* //')\"";
    }
}
