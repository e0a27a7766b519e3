package dev.hookline.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code document.updated}. */
public final class Documents<R> {
    private final Outlet<R> outlet;

    Documents(Outlet<R> outlet) {
        this.outlet = outlet;
    }

    /**
     * A document has changed.
     *
     * @param changes the fields that changed, each with its new value
     */
    public R updated(
            String documentId,
            @Nullable String documentName,
            @Nullable String documentType,
            Map<String, ? extends @Nullable Object> changes) {
        return outlet.put(Event.of(
                "document.updated",
                documentId,
                Event.data(
                        "document_id", documentId,
                        "document_name", documentName,
                        "document_type", documentType,
                        "changes", changes)));
    }
}
