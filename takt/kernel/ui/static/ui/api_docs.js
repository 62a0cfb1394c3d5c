/* The API's document as a page. A call tried out from it carries the session's token, as every page's does. */
const place = document.getElementById("api-docs");
SwaggerUIBundle({
  dom_id: "#api-docs",
  url: place.dataset.address,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = place.dataset.csrf;
    return request;
  },
});
