package dev.hookline.devicesync;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which models each app gets. The chat model goes by both of its names: Odoo 17 made {@code discuss.channel} of {@code
 * mail.channel}.
 */
public final class AppTypes {
    /** Of those that the old API for Odoo knows; {@code messaging_app} is known to the smart sync only. */
    static final List<String> OF_ODOO =
            List.of("sales_app", "delivery_app", "warehouse_app", "manager_app", "mobile_app");

    static final String MOBILE = "mobile_app";
    static final String OTHER = "other";

    private static final List<Set<String>> SAME = List.of(Set.of("mail.channel", "discuss.channel"));

    private static final Map<String, Set<String>> MODELS = Map.of(
            "sales_app",
            chatting(
                    "sale.order",
                    "sale.order.line",
                    "res.partner",
                    "product.template",
                    "product.product",
                    "product.category"),
            "delivery_app",
            chatting("stock.picking", "stock.move", "stock.move.line", "res.partner"),
            "warehouse_app",
            chatting(
                    "stock.picking",
                    "stock.move",
                    "stock.move.line",
                    "stock.quant",
                    "product.product",
                    "stock.location"),
            "manager_app",
            chatting("sale.order", "purchase.order", "account.move", "res.partner", "hr.expense", "project.project"),
            MOBILE,
            chatting("sale.order", "res.partner", "product.template", "product.product"),
            "messaging_app",
            chatting("res.partner", "res.users"));

    private AppTypes() {}

    private static Set<String> chatting(String... models) {
        Set<String> all = new HashSet<>(Arrays.asList(models));
        all.addAll(List.of("mail.message", "mail.channel", "discuss.channel"));
        return Set.copyOf(all);
    }

    /** The models of an app type, as for its pulls; empty for one that is not known, which takes every model. */
    public static Set<String> modelsOf(String appType) {
        return MODELS.getOrDefault(appType, Set.of());
    }

    /** The app type as a label: one that is not known is {@code other}. */
    static String label(String appType) {
        return MODELS.containsKey(appType) ? appType : OTHER;
    }

    /** All labels. */
    static Set<String> labels() {
        Set<String> labels = new TreeSet<>(MODELS.keySet());
        labels.add(OTHER);
        return labels;
    }

    /** What an app type and a filter leave of the log. An app type that is not known takes every model. */
    static Models models(String appType, List<String> filter) {
        Set<String> ofApp = MODELS.get(appType);
        if (filter.isEmpty()) {
            return ofApp == null ? Models.ALL : new Models(ofApp);
        }
        Set<String> wanted = new HashSet<>(filter);
        SAME.stream().filter(names -> names.stream().anyMatch(filter::contains)).forEach(wanted::addAll);
        if (ofApp != null) {
            wanted.retainAll(ofApp);
        }
        return new Models(wanted);
    }

    /**
     * A choice of models.
     *
     * @param names null for all of them; an empty set takes none
     */
    record Models(@Nullable Set<String> names) {
        static final Models ALL = new Models(null);

        boolean isNone() {
            return names != null && names.isEmpty();
        }

        /** As the log wants them: empty for all. Not for {@link #isNone}. */
        Set<String> forLog() {
            return names == null ? Set.of() : names;
        }
    }
}
