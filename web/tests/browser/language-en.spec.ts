import { readsWellIn } from "./checks/languages";

readsWellIn("en");
