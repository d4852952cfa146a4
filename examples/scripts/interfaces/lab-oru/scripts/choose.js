// What does not belong into the chart, and what a person has to look at.
if (msg.get("application").startsWith("TEST")) msg.drop("a test analyzer");
if (!msg.has("OBR-2") && !msg.has("OBR-3")) msg.park("a result without an order number");
