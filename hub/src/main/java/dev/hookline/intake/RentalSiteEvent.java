package dev.hookline.intake;

import dev.hookline.eventlog.Operation;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The ten event types of the rental site (seed 000), and what each does to which record. */
enum RentalSiteEvent {
    BOOKING_CREATED("booking.created", Model.BOOKING, Operation.CREATE, "created"),
    BOOKING_CONFIRMED("booking.confirmed", Model.BOOKING, Operation.WRITE, "confirmed"),
    BOOKING_CANCELLED("booking.cancelled", Model.BOOKING, Operation.WRITE, "cancelled"),
    BOOKING_MODIFIED("booking.modified", Model.BOOKING, Operation.WRITE, null),
    VEHICLE_AVAILABILITY_CHANGED("vehicle.availability_changed", Model.VEHICLE, Operation.WRITE, null),
    VEHICLE_ADDED("vehicle.added", Model.VEHICLE, Operation.CREATE, null),
    VEHICLE_UPDATED("vehicle.updated", Model.VEHICLE, Operation.WRITE, null),
    VEHICLE_REMOVED("vehicle.removed", Model.VEHICLE, Operation.UNLINK, null),
    VEHICLE_MAINTENANCE("vehicle.maintenance", Model.VEHICLE, Operation.WRITE, "maintenance"),
    PRICE_UPDATED("price.updated", Model.VEHICLE, Operation.WRITE, null);

    /** What a webhook is about. */
    enum Model {
        BOOKING("booking", "booking_ref", "/api/webhook/booking", "status"),
        VEHICLE("vehicle", "vehicle_id", "/api/webhook/inventory", "availability_status");

        final String text;
        final String keyField;
        final String path;

        /** The field that an event type sets where the sender does not. */
        final String statusField;

        Model(String text, String keyField, String path, String statusField) {
            this.text = text;
            this.keyField = keyField;
            this.path = path;
            this.statusField = statusField;
        }

        String eventTypes() {
            return Arrays.stream(RentalSiteEvent.values())
                    .filter(event -> event.model == this)
                    .map(event -> event.type)
                    .collect(Collectors.joining(", "));
        }
    }

    private static final Map<String, RentalSiteEvent> BY_TYPE =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(event -> event.type, Function.identity()));

    final String type;
    final Model model;
    final Operation operation;
    final @Nullable String status;

    RentalSiteEvent(String type, Model model, Operation operation, @Nullable String status) {
        this.type = type;
        this.model = model;
        this.operation = operation;
        this.status = status;
    }

    static @Nullable RentalSiteEvent of(String type) {
        return BY_TYPE.get(type);
    }
}
