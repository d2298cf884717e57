// formpost.mjs - the questions of basic.mjs, with answers by form_post (OAuth 2.0 Form Post Response Mode).
export { modules, slow } from "./basic.mjs";
export const variant = { response_mode: "form_post" };
